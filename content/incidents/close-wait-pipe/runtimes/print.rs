fn main() {
    let words: Vec<String> = std::env::args().collect();
    let line = "x".repeat(119);
    for _ in 0..20_000 {
        if words[1] == "stdout" {
            println!("{line}");
        } else {
            eprintln!("{line}");
        }
    }
    std::fs::write(&words[2], "").unwrap();
    std::thread::sleep(std::time::Duration::from_secs(60));
}
