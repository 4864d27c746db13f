package main

import (
	"fmt"
	"net"
	"net/http"
	"os"
)

func main() {
	var err error
	if os.Args[1] == "socket" {
		_, err = net.Dial("tcp", os.Args[2]+":"+os.Args[3])
	} else {
		_, err = http.Get("http://" + os.Args[2] + ":" + os.Args[3] + "/")
	}
	fmt.Println(err)
}
