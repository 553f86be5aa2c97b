//! Answers that no HTTP library would give, written to the socket as they are.

use std::io;
use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use super::route::Raw;

/// Between two blocks of endless headers: fast enough to fill any memory, slow enough to leave the processor alone.
const PAUSE: Duration = Duration::from_millis(1);

/// Sends the answer and closes, or sends until the other side does.
pub(super) async fn send(mut stream: TcpStream, raw: Raw) -> io::Result<()> {
    match raw {
        Raw::Garbage => {
            stream.write_all(b"\x00\xff\x16\x03 this is no HTTP\r\n\r\n\x7f\x00").await?;
        }
        Raw::ShortBody => {
            stream
                .write_all(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 1000\r\n\r\nten bytes.")
                .await?;
        }
        Raw::EndlessHeaders => {
            stream.write_all(b"HTTP/1.1 200 OK\r\n").await?;
            let block = "X-Endless: and so on, and so forth, and no end in sight\r\n".repeat(256);
            loop {
                stream.write_all(block.as_bytes()).await?;
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
    stream.shutdown().await
}
