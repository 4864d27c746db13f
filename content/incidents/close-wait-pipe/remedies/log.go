// A log that drops lines rather than wait for a reader.
package main

import (
	"fmt"
	"io"
	"log"
	"os"
	"sync/atomic"
)

type dropping struct {
	lines   chan []byte
	dropped uint64 // export this number, and alert on it
}

func (d *dropping) Write(line []byte) (int, error) {
	select {
	case d.lines <- append([]byte(nil), line...): // log uses its buffer again
	default:
		atomic.AddUint64(&d.dropped, 1)
	}
	return len(line), nil
}

func (d *dropping) drain(out io.Writer) {
	for line := range d.lines {
		out.Write(line) // the one goroutine that may sleep
	}
}

func main() {
	lines := &dropping{lines: make(chan []byte, 1000)}
	go lines.drain(os.Stderr)
	log.SetOutput(lines)
	for request := 0; request < 10000; request++ {
		log.Printf("request %d is answered, whoever reads this: ok", request)
	}
	fmt.Println("dropped", atomic.LoadUint64(&lines.dropped))
}
