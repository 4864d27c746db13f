// A server that closes each connection, whatever way its handler is left.
package main

import (
	"bufio"
	"fmt"
	"net"
	"time"
)

func handle(conn net.Conn) error {
	defer conn.Close()
	requests := bufio.NewReader(conn)
	for {
		conn.SetDeadline(time.Now().Add(time.Minute)) // for a client that vanished without a FIN
		request, err := requests.ReadString('\n')
		if err != nil {
			return err // io.EOF: the client has closed, and so do we
		}
		if request == "bad\n" {
			return fmt.Errorf("not a request: %q", request)
		}
		fmt.Fprintln(conn, "ok")
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
			go handle(conn)
		}
	}
}
