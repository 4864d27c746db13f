// Header and body leave together.
package main

import (
	"bufio"
	"fmt"
	"net"
)

func respond(conn net.Conn) {
	requests := bufio.NewReader(conn)
	for {
		if _, err := requests.ReadString('\n'); err != nil {
			conn.Close()
			return
		}
		// One writev(). Two calls of Write() would be two segments: Go has TCP_NODELAY set already.
		response := net.Buffers{make([]byte, 120), make([]byte, 400)}
		response.WriteTo(conn)
	}
}

func main() {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	fmt.Println(listener.Addr().(*net.TCPAddr).Port)
	for {
		if conn, err := listener.Accept(); err == nil {
			go respond(conn)
		}
	}
}
