package main

import (
	"fmt"
	"net"
	"os"
)

func main() {
	client, _ := net.Dial("tcp", "127.0.0.1:"+os.Args[1])
	listener, _ := net.Listen("tcp", "127.0.0.1:0")
	fmt.Println(listener.Addr().(*net.TCPAddr).Port)
	accepted, _ := listener.Accept()
	os.Stdin.Read(make([]byte, 1))
	client.Close()
	accepted.Close()
}
