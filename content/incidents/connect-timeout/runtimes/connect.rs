fn main() {
    let words: Vec<String> = std::env::args().collect();
    if words[1] == "socket" {
        println!("{}", std::net::TcpStream::connect(words[2..].join(":")).unwrap_err());
    }
}
