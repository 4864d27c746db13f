// A connect() that waits two seconds at most.
package main

import (
	"fmt"
	"net"
	"os"
	"time"
)

func main() {
	// For all addresses of a name together. A context with a deadline does the same for each call.
	dialer := net.Dialer{Timeout: 2 * time.Second}
	conn, err := dialer.Dial("tcp", net.JoinHostPort(os.Args[1], os.Args[2]))
	if err != nil {
		fmt.Println(err) // err.(net.Error).Timeout() is true
		return
	}
	defer conn.Close()
	fmt.Println("connected")
}
