//! QR codes: a text as a picture to print, as SVG or PNG. The libraries do the work: `qrcode` has no dependencies of its own, and
//! `png` is the one that image libraries build on.

use png::{BitDepth, ColorType, Encoder};
use qrcode::render::svg;
use qrcode::types::Color;
use qrcode::{EcLevel, QrCode};

/// Modules of white around the code that readers need. Source: ISO/IEC 18004, "Quiet zone".
const QUIET: usize = 4;
/// Pixels of a module at most.
pub const SCALE_MAX: u32 = 64;

/// How much of the picture may be lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Correction {
    /// 7 %.
    Low,
    /// 15 %.
    #[default]
    Medium,
    /// 25 %.
    Quartile,
    /// 30 %: with a logo over it, or on rough ground.
    High,
}

impl Correction {
    /// The one of that letter: `L`, `M`, `Q`, `H`.
    #[must_use]
    pub fn named(letter: &str) -> Option<Self> {
        match letter.to_ascii_uppercase().as_str() {
            "L" => Some(Self::Low),
            "M" => Some(Self::Medium),
            "Q" => Some(Self::Quartile),
            "H" => Some(Self::High),
            _ => None,
        }
    }
}

/// A QR code.
#[derive(Clone)]
pub struct Picture(QrCode);

/// The picture cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum PictureError {
    /// QR codes hold about two thousand letters.
    #[error("the address is too long for a QR code with this error correction")]
    TooLong,
    /// The encoder refused.
    #[error("the picture cannot be written as PNG")]
    Png(#[source] png::EncodingError),
}

impl Picture {
    /// The code of a text.
    ///
    /// # Errors
    /// `TooLong`.
    pub fn of(text: &str, correction: Correction) -> Result<Self, PictureError> {
        let level = match correction {
            Correction::Low => EcLevel::L,
            Correction::Medium => EcLevel::M,
            Correction::Quartile => EcLevel::Q,
            Correction::High => EcLevel::H,
        };
        let code = QrCode::with_error_correction_level(text, level);
        code.map(Self).map_err(|_| PictureError::TooLong)
    }

    /// As SVG, a module `scale` pixels wide, with the white around it that readers need. The text itself is not in it.
    #[must_use]
    pub fn svg(&self, scale: u32) -> String {
        let scale = scale.clamp(1, SCALE_MAX);
        self.0
            .render::<svg::Color<'_>>()
            .module_dimensions(scale, scale)
            .build()
    }

    /// As PNG of one bit a pixel, a module `scale` pixels wide, with the white around it that readers need.
    ///
    /// # Errors
    /// `Png`; none is known.
    pub fn png(&self, scale: u32) -> Result<Vec<u8>, PictureError> {
        let scale = scale.clamp(1, SCALE_MAX) as usize;
        let modules = self.0.width();
        let side = (modules + 2 * QUIET) * scale;
        let colors = self.0.to_colors();
        let dark = |row: usize, column: usize| {
            let place = row.checked_sub(QUIET).zip(column.checked_sub(QUIET));
            let inside = place.filter(|(row, column)| *row < modules && *column < modules);
            inside.is_some_and(|(row, column)| colors[row * modules + column] == Color::Dark)
        };
        let bytes_a_row = side.div_ceil(8);
        let mut bits = vec![0xff_u8; bytes_a_row * side];
        for row in 0..modules + 2 * QUIET {
            let mut line = vec![0xff_u8; bytes_a_row];
            for pixel in (0..side).filter(|pixel| dark(row, pixel / scale)) {
                line[pixel / 8] &= !(0x80 >> (pixel % 8));
            }
            for copy in 0..scale {
                let begins = (row * scale + copy) * bytes_a_row;
                bits[begins..begins + bytes_a_row].copy_from_slice(&line);
            }
        }
        let mut picture = Vec::new();
        let side = u32::try_from(side).unwrap_or(u32::MAX);
        let mut encoder = Encoder::new(&mut picture, side, side);
        encoder.set_color(ColorType::Grayscale);
        encoder.set_depth(BitDepth::One);
        let written = encoder
            .write_header()
            .and_then(|mut writer| writer.write_image_data(&bits));
        written.map_err(PictureError::Png)?;
        Ok(picture)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pictures_show_the_modules_of_the_code() {
        let text = "https://origem.example/l/bio";
        for (correction, scale) in [(Correction::Low, 1), (Correction::Medium, 3), (Correction::High, 8)] {
            let picture = Picture::of(text, correction).unwrap();
            let modules = picture.0.width();
            let png = picture.png(scale).unwrap();
            let mut reader = png::Decoder::new(std::io::Cursor::new(png)).read_info().unwrap();
            let side = (modules + 2 * QUIET) * scale as usize;
            let mut bits = vec![0; reader.output_buffer_size().unwrap()];
            reader.next_frame(&mut bits).unwrap();
            assert_eq!(bits.len(), side.div_ceil(8) * side);
            let is_dark =
                |row: usize, column: usize| bits[row * side.div_ceil(8) + column / 8] & (0x80 >> (column % 8)) == 0;
            let colors = picture.0.to_colors();
            for row in 0..side {
                for column in 0..side {
                    let (module_row, module_column) = (row / scale as usize, column / scale as usize);
                    let inside = (QUIET..QUIET + modules).contains(&module_row)
                        && (QUIET..QUIET + modules).contains(&module_column);
                    let dark = inside && colors[(module_row - QUIET) * modules + module_column - QUIET] == Color::Dark;
                    assert_eq!(is_dark(row, column), dark, "{row} {column}");
                }
            }
            let svg = picture.svg(scale);
            assert!(
                svg.contains(&format!("width=\"{side}\"")) && !svg.contains("origem.example"),
                "{svg}"
            );
        }
    }

    #[test]
    fn sizes_are_bounded_and_long_texts_refused() {
        let picture = Picture::of("x", Correction::Low).unwrap();
        assert_eq!(picture.png(0).unwrap(), picture.png(1).unwrap());
        assert_eq!(picture.png(u32::MAX).unwrap(), picture.png(SCALE_MAX).unwrap());
        assert!(matches!(
            Picture::of(&"x".repeat(5_000), Correction::Low),
            Err(PictureError::TooLong)
        ));
        for (letter, correction) in [("l", Some(Correction::Low)), ("H", Some(Correction::High)), ("x", None)] {
            assert_eq!(Correction::named(letter), correction);
        }
    }
}
