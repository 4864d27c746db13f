//! Header and body leave together.
use std::io::{BufRead, BufReader, BufWriter, Result, Write};
use std::net::{TcpListener, TcpStream};

fn respond(stream: TcpStream) -> Result<()> {
    stream.set_nodelay(true)?; // off unless somebody sets it; for what is flushed in parts all the same
    let mut out = BufWriter::new(stream.try_clone()?);
    for _request in BufReader::new(stream).lines() {
        out.write_all(&[0; 120])?;
        out.write_all(&[0; 400])?;
        out.flush()?; // one write(), once, at the end of the response
    }
    Ok(())
}

fn main() -> Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    println!("{}", listener.local_addr()?.port());
    for stream in listener.incoming() {
        respond(stream?)?;
    }
    Ok(())
}
