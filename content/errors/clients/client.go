// Does one thing that fails, and logs it as a program would: client SITUATION [HOST PORT].
package main

import (
	"context"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"
)

func main() {
	situation, address := os.Args[1], ""
	if len(os.Args) > 3 {
		address = net.JoinHostPort(os.Args[2], os.Args[3])
	}
	url := "http://" + address + "/orders?id=7"
	name := "orders.internal.example"
	switch situation {
	case "connect":
		_, err := net.Dial("tcp", address)
		log.Fatal(err)
	case "connect-own-timeout":
		_, err := net.DialTimeout("tcp", address, time.Second)
		log.Fatal(err)
	case "connect-deadline":
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		_, err := (&net.Dialer{}).DialContext(ctx, "tcp", address)
		log.Print(err)
	case "get":
		_, err := http.Get(url)
		log.Fatal(err)
	case "get-own-timeout":
		client := http.Client{Timeout: time.Second}
		_, err := client.Get(url)
		log.Fatal(err)
	case "get-header-timeout":
		client := http.Client{Transport: &http.Transport{ResponseHeaderTimeout: time.Second}}
		_, err := client.Get(url)
		log.Fatal(err)
	case "get-deadline":
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		request, _ := http.NewRequestWithContext(ctx, "GET", url, nil)
		_, err := http.DefaultClient.Do(request)
		log.Print(err)
	case "read":
		connection, err := net.Dial("tcp", address)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Fprint(connection, "GET / HTTP/1.1\r\n\r\n")
		_, err = connection.Read(make([]byte, 100))
		log.Fatal(err)
	case "read-deadline":
		connection, err := net.Dial("tcp", address)
		if err != nil {
			log.Fatal(err)
		}
		connection.SetReadDeadline(time.Now().Add(time.Second))
		_, err = connection.Read(make([]byte, 100))
		log.Fatal(err)
	case "write-after-reset":
		connection, err := net.Dial("tcp", address)
		if err != nil {
			log.Fatal(err)
		}
		for err == nil {
			_, err = io.WriteString(connection, "GET / HTTP/1.1\r\n")
			time.Sleep(200 * time.Millisecond)
		}
		log.Print(err)
		_, err = io.WriteString(connection, "\r\n")
		log.Fatal(err)
	case "write-without-reader":
		signal.Ignore(syscall.SIGPIPE)
		read, write, _ := os.Pipe()
		read.Close()
		_, err := io.WriteString(write, "line\n")
		log.Fatal(err)
	case "many-connections":
		for {
			connection, err := net.Dial("tcp", address)
			if err != nil {
				log.Fatal(err)
			}
			defer connection.Close()
		}
	case "accept-many":
		listener, _ := net.Listen("tcp", "127.0.0.1:0")
		go http.Serve(listener, nil)
		for {
			if _, err := net.Dial("tcp", listener.Addr().String()); err != nil {
				log.Print(err)
				break
			}
		}
		time.Sleep(100 * time.Millisecond)
	case "bind-twice":
		listener, _ := net.Listen("tcp", "127.0.0.1:0")
		_, err := net.Listen("tcp", listener.Addr().String())
		log.Fatal(err)
	case "bind-elsewhere":
		_, err := net.Listen("tcp", "192.0.2.7:8080")
		log.Fatal(err)
	case "resolve":
		_, err := net.Dial("tcp", name+":80")
		log.Fatal(err)
	case "resolve-libc":
		_, err := net.Dial("tcp", name+":80")
		log.Fatal(err)
	}
}
