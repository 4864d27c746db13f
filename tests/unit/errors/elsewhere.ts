/**
 * Texts of programs and tools that the table has no column for, written after the table and before anybody looked at how
 * they match.
 */
import type { Pasted } from './pasted.ts';

export const elsewhere: readonly Pasted[] = [
  {
    text: 'PHP Warning:  fsockopen(): Unable to connect to 10.0.0.8:11211 (Connection timed out) in /var/www/html/cache.php on line 88',
    leadsTo: 'connect-timeout/waiting',
  },
  {
    text: 'SQLSTATE[HY000] [2002] Connection refused (Connection: mysql, SQL: select * from `users` limit 1)',
    leadsTo: 'connect-timeout/capture',
  },
  {
    text: "ERROR 2003 (HY000): Can't connect to MySQL server on '10.0.4.4:3306' (110)",
    leadsTo: 'connect-timeout/waiting',
  },
  {
    text: "ERROR 2003 (HY000): Can't connect to MySQL server on 'db' (111)",
    leadsTo: 'connect-timeout/capture',
  },
  {
    text: 'Errno::ECONNREFUSED: Failed to open TCP connection to elasticsearch:9200 (Connection refused - connect(2) for "elasticsearch" port 9200)',
    leadsTo: 'connect-timeout/capture',
  },
  {
    text: 'Net::OpenTimeout: execution expired (Net::OpenTimeout) Failed to open TCP connection to hooks.example.com:443',
    leadsTo: 'connect-timeout/waiting',
  },
  {
    text: 'upstream connect error or disconnect/reset before headers. retried and the latest reset reason: remote connection failure, transport failure reason: delayed connect error: 111',
    leadsTo: 'connect-timeout/capture',
  },
  {
    text: 'System.Net.Http.HttpRequestException: No route to host (10.12.0.9:8443)\n ---> System.Net.Sockets.SocketException (113): No route to host',
    leadsTo: 'connect-timeout/capture',
  },
  {
    text: 'Could not connect to Redis at 10.0.0.12:6379: Connection timed out',
    leadsTo: 'connect-timeout/waiting',
  },
  {
    text: 'rpc error: code = Unavailable desc = connection error: desc = "transport: Error while dialing: dial tcp 10.100.3.3:50051: connect: connection refused"',
    leadsTo: 'connect-timeout/capture',
  },
  { text: 'cat: write error: Broken pipe', leadsTo: 'close-wait-pipe/epipe' },
  {
    text: 'java.io.IOException: Broken pipe\n\tat java.base/sun.nio.ch.FileDispatcherImpl.write0(Native Method)',
    leadsTo: 'close-wait-pipe/epipe',
  },
  { text: 'sshd[811]: error: accept: Too many open files', leadsTo: 'close-wait-pipe/whose' },
  {
    text: 'goroutine 44 [IO wait, 3 minutes]:\nnet.(*netFD).connect(0xc0001a2000, {0x7f1c2c, 0xc0000b4000})\n\t/usr/local/go/src/net/fd_unix.go:118',
    leadsTo: 'connect-timeout/asleep',
  },
  {
    text: 'Thread 0x00007f2b (most recent call first):\n  File "/usr/lib/python3.11/logging/__init__.py", line 1113 in emit\n  File "/usr/lib/python3.11/logging/__init__.py", line 978 in handle',
    leadsTo: 'close-wait-pipe/line',
  },
  { text: 'CLOSE-WAIT 1 0 [::ffff:10.1.2.3]:8443 [::ffff:10.1.2.9]:52100', leadsTo: 'close-wait-pipe/whose' },
  { text: 'python3 4411 4423 worker-3 S anon_pipe_write', leadsTo: 'close-wait-pipe/threads' },
  {
    text: '2.0   0.040812 10.0.0.1.8080 > 10.0.0.2.41000: Flags [P.], ack 1, win 502, length 400',
    leadsTo: 'nagle-delayed-ack/wire',
  },
  { text: 'why is my keepalive http connection slow, 40ms latency', leadsTo: 'nagle-delayed-ack/wire' },
  {
    text: 'IP 10.0.0.5.40110 > 10.0.0.9.5432: Flags [S], seq 881200123, win 64240, options [mss 1460,sackOK,TS val 1 ecr 0,nop,wscale 7], length 0',
    leadsTo: 'connect-timeout/capture',
  },
];
