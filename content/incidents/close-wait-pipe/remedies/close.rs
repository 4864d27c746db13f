//! A server that closes each connection, whatever way its handler is left.
use std::io::{BufRead, BufReader, Error, ErrorKind, Result, Write};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

/// The stream is dropped, and so closed, at every way out: at an error, at a panic, at the end.
fn handle(mut stream: TcpStream) -> Result<()> {
    stream.set_read_timeout(Some(Duration::from_secs(60)))?; // for a client that vanished without a FIN
    for request in BufReader::new(stream.try_clone()?).lines() {
        if request? == "bad" {
            return Err(Error::new(ErrorKind::InvalidData, "not a request"));
        }
        stream.write_all(b"ok\n")?;
    }
    Ok(()) // the lines end at EOF: the client has closed, and so do we
}

fn main() -> Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    println!("{}", listener.local_addr()?.port());
    for stream in listener.incoming() {
        let stream = stream?;
        std::thread::spawn(move || handle(stream).unwrap_or_else(|error| eprintln!("{error}")));
    }
    Ok(())
}
