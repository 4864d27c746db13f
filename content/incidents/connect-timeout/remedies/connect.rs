//! A connect() that waits two seconds at most.
use std::net::{TcpStream, ToSocketAddrs};
use std::time::Duration;

fn main() -> std::io::Result<()> {
    let peer: Vec<String> = std::env::args().skip(1).collect();
    // connect_timeout() takes one address; a name may have several, and each has the whole time.
    for address in peer.join(":").to_socket_addrs()? {
        match TcpStream::connect_timeout(&address, Duration::from_secs(2)) {
            Ok(_stream) => {
                println!("connected");
                return Ok(());
            }
            Err(error) => println!("{error}"), // ErrorKind::TimedOut
        }
    }
    Ok(())
}
