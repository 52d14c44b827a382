//! Whether a broker answers: the smallest request of Kafka's protocol, and nothing more of it.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpStream};
use std::time::Duration;

/// How long an answer may take. A paused broker still accepts connections, but says nothing.
const PATIENCE: Duration = Duration::from_secs(1);

/// `ApiVersions` in version 0, which every Kafka answers before any login: length, key 18, version 0, correlation 7, no client id.
const REQUEST: [u8; 14] = [0, 0, 0, 10, 0, 18, 0, 0, 0, 0, 0, 7, 0xff, 0xff];

/// Whether what listens on this port of loopback answers as a Kafka broker within a second.
#[must_use]
pub fn answers(port: u16) -> bool {
    ask(port).is_ok_and(|answer| answer == [0, 0, 0, 7, 0, 0])
}

/// Gives the correlation number and the error code of the answer.
fn ask(port: u16) -> std::io::Result<[u8; 6]> {
    let mut stream = TcpStream::connect_timeout(&(Ipv4Addr::LOCALHOST, port).into(), PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.write_all(&REQUEST)?;
    let mut answer = [0; 10];
    stream.read_exact(&mut answer)?;
    let [_, _, _, _, rest @ ..] = answer;
    Ok(rest)
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    #[test]
    fn only_the_right_answer_is_an_answer() {
        let cases: [(&str, &[u8], bool); 4] = [
            ("a broker", &[0, 0, 0, 10, 0, 0, 0, 7, 0, 0, 0, 0, 0, 0], true),
            ("an error", &[0, 0, 0, 10, 0, 0, 0, 7, 0, 35, 0, 0, 0, 0], false),
            ("another server", b"HTTP/1.1 400 Bad Request", false),
            ("silence", b"", false),
        ];
        for (case, reply, expected) in cases {
            let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
            let port = listener.local_addr().unwrap().port();
            let server = std::thread::spawn(move || {
                let (mut stream, _) = listener.accept().unwrap();
                let mut request = [0; REQUEST.len()];
                stream.read_exact(&mut request).unwrap();
                stream.write_all(reply).unwrap();
            });
            assert_eq!(answers(port), expected, "{case}");
            server.join().unwrap();
        }
    }
}
