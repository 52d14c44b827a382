//! Links: followed, as a picture to print, and in numbers. What they say is maintained by [`super::directory`].

mod follow;
mod numbers;
mod picture;

pub(super) use follow::{__path_follow, follow};
pub(super) use numbers::{__path_numbers, numbers};
pub(super) use picture::{__path_png, __path_svg, png, svg};
