use std::io::Read;
use std::net::{TcpListener, TcpStream};

fn main() -> std::io::Result<()> {
    let port = std::env::args().nth(1).unwrap();
    let _client = TcpStream::connect(format!("127.0.0.1:{port}"))?;
    let listener = TcpListener::bind("127.0.0.1:0")?;
    println!("{}", listener.local_addr()?.port());
    let _accepted = listener.accept()?;
    let _ = std::io::stdin().read(&mut [0])?;
    Ok(())
}
