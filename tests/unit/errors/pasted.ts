/** Raw texts as people paste them, with all that stands around the error, and the step that they must lead to first. */

export interface Pasted {
  readonly text: string;
  /** The step or section, as `page/fragment`. */
  readonly leadsTo: string;
}

/** From logs of this machine, of runs that are not in the recording, and in the form in which tools hand them on. */
export const pasted: readonly Pasted[] = [
  // The five that found nothing, or the wrong chapter, when the search knew prose only.
  { text: 'Broken pipe', leadsTo: 'close-wait-pipe/epipe' },
  { text: 'dial tcp: i/o timeout', leadsTo: 'connect-timeout/waiting' },
  { text: 'upstream timed out', leadsTo: 'close-wait-pipe/whose' },
  { text: 'recv-q 1', leadsTo: 'close-wait-pipe/recv-q' },
  { text: 'pipe_write', leadsTo: 'close-wait-pipe/threads' },

  // No answer to connect().
  {
    text: '2025/03/04 16:21:09 Get "https://auth.corp.example/oauth2/token": dial tcp 198.51.100.23:443: connect: connection timed out',
    leadsTo: 'connect-timeout/waiting',
  },
  {
    text: 'psql: error: connection to server at "db2.prod" (10.44.7.2), port 5432 failed: Connection timed out\n\tIs the server running on that host and accepting TCP/IP connections?',
    leadsTo: 'connect-timeout/waiting',
  },
  {
    text: 'Caused by: java.net.ConnectException: Connection timed out\n\tat java.base/sun.nio.ch.Net.pollConnect(Native Method)\n\tat java.base/sun.nio.ch.Net.pollConnectNow(Net.java:672)\n\tat java.base/sun.nio.ch.NioSocketImpl.timedFinishConnect(NioSocketImpl.java:554)\n\t... 31 more',
    leadsTo: 'connect-timeout/waiting',
  },
  {
    text: "TypeError: fetch failed\n    at node:internal/deps/undici/undici:13502:13\n    at async handler (file:///app/dist/server.js:88:21) {\n  [cause]: ConnectTimeoutError: Connect Timeout Error (attempted address: api.partner.example:443, timeout: 10000ms)\n      at onConnectTimeout (node:internal/deps/undici/undici:2602:28) {\n    code: 'UND_ERR_CONNECT_TIMEOUT'\n  }\n}",
    leadsTo: 'connect-timeout/waiting',
  },
  {
    text: "curl: (28) Failed to connect to mirror.example.net port 443 after 134817 ms: Couldn't connect to server",
    leadsTo: 'connect-timeout/waiting',
  },
  {
    text: 'ssh: connect to host bastion-2.example.org port 22: Connection timed out',
    leadsTo: 'connect-timeout/waiting',
  },
  {
    text: "fatal: unable to access 'https://git.example.com/infra/dns.git/': Failed to connect to git.example.com port 443 after 130201 ms: Connection timed out",
    leadsTo: 'connect-timeout/waiting',
  },
  {
    text: '127.0.0.1:52410 [04/Mar/2025:16:22:51.204] fe_https~ be_api/api-3 0/0/-1/-1/15004 503 217 - - sC-- 88/88/12/3/3 0/0 "GET /v1/items HTTP/1.1"',
    leadsTo: 'connect-timeout/waiting',
  },
  {
    text: 'E0304 16:23:10.441021       1 controller.go:114] loading OpenAPI spec for "v1beta1.metrics.k8s.io" failed with: failed to retrieve openAPI spec, http error: dial tcp 10.43.211.9:443: i/o timeout',
    leadsTo: 'connect-timeout/waiting',
  },
  {
    text: 'redis.exceptions.TimeoutError: Timeout connecting to server\nTraceback (most recent call last):\n  File "/app/venv/lib/python3.12/site-packages/redis/connection.py", line 357, in connect\n    sock = self.retry.call_with_retry(\nTimeoutError: [Errno 110] Connection timed out',
    leadsTo: 'connect-timeout/waiting',
  },
  {
    text: 'State    Recv-Q Send-Q Local Address:Port    Peer Address:Port Process\nSYN-SENT 0      1         10.8.0.4:39552  10.8.9.9:5432  users:(("gunicorn",pid=71,fd=22)) timer:(on,14sec,5)',
    leadsTo: 'connect-timeout/waiting',
  },
  {
    text: 'tcp        0      1 172.17.0.5:33412        93.184.216.34:25        SYN_SENT    1412/smtp',
    leadsTo: 'connect-timeout/waiting',
  },
  {
    text: 'connect(12, {sa_family=AF_INET, sin_port=htons(6379), sin_addr=inet_addr("10.0.9.1")}, 16) = -1 EINPROGRESS (Operation now in progress)',
    leadsTo: 'connect-timeout/waiting',
  },
  {
    text: '[pid 30411] connect(5, {sa_family=AF_INET, sin_port=htons(8080), sin_addr=inet_addr("10.3.3.3")}, 16) = -1 EALREADY (Operation already in progress)',
    leadsTo: 'connect-timeout/waiting',
  },
  {
    text: '[<0>] inet_wait_for_connect+0x8c/0x130\n[<0>] __inet_stream_connect+0x1d8/0x3a0\n[<0>] inet_stream_connect+0x3b/0x60\n[<0>] __sys_connect+0xa8/0xd0',
    leadsTo: 'connect-timeout/asleep',
  },
  { text: '[CRITICAL] WORKER TIMEOUT (pid:8821)', leadsTo: 'connect-timeout/waiting' },
  { text: 'connect() hangs for 127 seconds', leadsTo: 'connect-timeout/how-long' },
  { text: 'sysctl net.ipv4.tcp_syn_retries', leadsTo: 'connect-timeout/how-long' },
  {
    text: 'panic: rpc error: code = DeadlineExceeded desc = context deadline exceeded',
    leadsTo: 'connect-timeout/waiting',
  },

  // Somebody answered connect().
  {
    text: 'level=warning ts=2025-03-04T15:20:01.006Z caller=dedupe.go:112 component=remote msg="Failed to send batch, retrying" err="Post \\"http://10.2.0.9:9009/api/v1/push\\": dial tcp 10.2.0.9:9009: connect: connection refused"',
    leadsTo: 'connect-timeout/capture',
  },
  {
    text: '2025-03-04 16:25:44.120  WARN 1 --- [ntContainer#0-1] o.a.k.clients.NetworkClient : java.net.ConnectException: Connection refused\n\tat java.base/sun.nio.ch.SocketChannelImpl.checkConnect(Native Method)',
    leadsTo: 'connect-timeout/capture',
  },
  {
    text: "node:internal/process/promises:289\n            triggerUncaughtException(err, true /* fromPromise */);\n            ^\n\nError: connect ECONNREFUSED 127.0.0.1:5432\n    at TCPConnectWrap.afterConnect [as oncomplete] (node:net:1605:16) {\n  errno: -111,\n  code: 'ECONNREFUSED',\n  syscall: 'connect',\n  address: '127.0.0.1',\n  port: 5432\n}",
    leadsTo: 'connect-timeout/capture',
  },
  {
    text: '2025/03/04 16:26:02 [error] 7#7: *48 connect() failed (111: Connection refused) while connecting to upstream, client: 10.42.0.1, server: _, request: "GET /api HTTP/1.1", upstream: "http://10.42.1.8:3000/api", host: "app.example.org"',
    leadsTo: 'connect-timeout/capture',
  },
  {
    text: '2025/03/04 16:26:40 [error] 7#7: *51 connect() failed (113: No route to host) while connecting to upstream, client: 10.42.0.1, server: _, request: "GET /api HTTP/1.1", upstream: "http://10.42.1.9:3000/api"',
    leadsTo: 'connect-timeout/capture',
  },
  {
    text: 'Mar  4 16:27:19 lb1 haproxy[712]: Server api/api-2 is DOWN, reason: Layer4 connection problem, info: "Connection refused", check duration: 1ms. 1 active and 0 backup servers left.',
    leadsTo: 'connect-timeout/capture',
  },
  {
    text: 'dial tcp 172.31.4.77:443: connect: no route to host',
    leadsTo: 'connect-timeout/capture',
  },
  {
    text: 'OSError: [Errno 101] Network is unreachable',
    leadsTo: 'connect-timeout/capture',
  },
  {
    text: 'wget: unable to connect to remote host: Network is unreachable',
    leadsTo: 'connect-timeout/capture',
  },
  { text: 'dial tcp [2001:db8:7::12]:443: connect: permission denied', leadsTo: 'connect-timeout/capture' },
  {
    text: "curl: (7) Failed to connect to localhost port 8081 after 0 ms: Couldn't connect to server",
    leadsTo: 'connect-timeout/capture',
  },
  {
    text: '[1207310.4471] nf_conntrack: nf_conntrack: table full, dropping packet',
    leadsTo: 'connect-timeout/conntrack',
  },
  { text: 'os error 111', leadsTo: 'connect-timeout/capture' },
  {
    text: '10.0.0.7 - - [04/Mar/2025:16:28:01 +0000] "POST /login HTTP/2.0" 502 552 "-" "Mozilla/5.0 (X11; Linux x86_64)"',
    leadsTo: 'connect-timeout/capture',
  },

  // Connected, and no answer.
  {
    text: "requests.exceptions.ReadTimeout: HTTPConnectionPool(host='billing', port=8080): Read timed out. (read timeout=30)",
    leadsTo: 'close-wait-pipe/whose',
  },
  {
    text: 'java.net.SocketTimeoutException: Read timed out\n\tat java.base/sun.nio.ch.NioSocketImpl.timedRead(NioSocketImpl.java:288)\n\tat java.base/sun.nio.ch.NioSocketImpl.implRead(NioSocketImpl.java:314)',
    leadsTo: 'close-wait-pipe/whose',
  },
  {
    text: 'curl: (28) Operation timed out after 30001 milliseconds with 0 bytes received',
    leadsTo: 'close-wait-pipe/whose',
  },
  {
    text: '10.0.3.1:41202 [04/Mar/2025:16:29:30.881] web app/app1 0/0/1/-1/30002 504 198 - - sH-- 210/210/190/64/0 0/0 "POST /heartbeat HTTP/1.1"',
    leadsTo: 'close-wait-pipe/whose',
  },
  {
    text: '2025/03/04 16:30:11 [info] 9#9: *77 epoll_wait() reported that client prematurely closed connection, so upstream connection is closed too while sending request to upstream, client: 10.1.9.2, server: , request: "POST /beat HTTP/1.1", upstream: "http://127.0.0.1:8080/beat"',
    leadsTo: 'close-wait-pipe/whose',
  },
  {
    text: 'tcp6     413      0 10.0.0.4:8080           10.0.0.3:40226          CLOSE_WAIT  1888/java',
    leadsTo: 'close-wait-pipe/whose',
  },
  {
    text: '  10412 CLOSE-WAIT\n    211 ESTAB\n     12 LISTEN',
    leadsTo: 'close-wait-pipe/whose',
  },
  {
    text: '2025/03/04 16:31:00 http: Accept error: accept tcp [::]:8080: accept4: too many open files; retrying in 1s',
    leadsTo: 'close-wait-pipe/whose',
  },
  {
    text: "asyncio ERROR socket.accept() out of system resource\nsocket: <asyncio.TransportSocket fd=6, family=2, type=1, proto=0, laddr=('0.0.0.0', 8080)>\nOSError: [Errno 24] Too many open files",
    leadsTo: 'close-wait-pipe/whose',
  },
  {
    text: '2025/03/04 16:31:40 [crit] 12#12: accept4() failed (24: Too many open files)',
    leadsTo: 'close-wait-pipe/whose',
  },

  // A full pipe, and one that nobody reads.
  {
    text: '# cat /proc/4411/task/*/wchan\nanon_pipe_writeanon_pipe_writeanon_pipe_write',
    leadsTo: 'close-wait-pipe/threads',
  },
  { text: '      9 futex_wait_queue\n      1 pipe_write', leadsTo: 'close-wait-pipe/threads' },
  {
    text: "Exception ignored in: <_io.TextIOWrapper name='<stdout>' mode='w' encoding='utf-8'>\nBrokenPipeError: [Errno 32] Broken pipe",
    leadsTo: 'close-wait-pipe/epipe',
  },
  {
    text: "Error: write EPIPE\n    at afterWriteDispatched (node:internal/stream_base_commons:161:15)\n    at writeGeneric (node:internal/stream_base_commons:152:3) {\n  errno: -32,\n  code: 'EPIPE',\n  syscall: 'write'\n}",
    leadsTo: 'close-wait-pipe/epipe',
  },
  {
    text: '[pid   882] write(1, "2025-03-04 16:33:12,090 INFO hand"..., 87) = -1 EPIPE (Broken pipe)\n[pid   882] --- SIGPIPE {si_signo=SIGPIPE, si_code=SI_USER, si_pid=880, si_uid=1000} ---\n+++ killed by SIGPIPE +++',
    leadsTo: 'close-wait-pipe/epipe',
  },
  {
    text: 'BlockingIOError: [Errno 11] write could not complete without blocking',
    leadsTo: 'pipe-buffer/poll-and-o_nonblock',
  },

  // Slow, without an error.
  { text: 'every request takes 40 ms with keep-alive', leadsTo: 'nagle-delayed-ack/wire' },
  {
    text: 'TcpExtDelayedACKs               4127               0.0',
    leadsTo: 'nagle-delayed-ack/how-often',
  },
  {
    text: '\t cubic wscale:7,7 rto:204 rtt:0.071/0.03 ato:40 mss:1448 cwnd:10 bytes_sent:9120 bytes_acked:8720 segs_out:77 unacked:1 rcv_space:14480 notsent:400 minrtt:0.02',
    leadsTo: 'nagle-delayed-ack/socket',
  },
  {
    text: 'ESTAB 0 520 10.1.1.1:80 10.1.1.2:40118 timer:(persist,176ms,0)',
    leadsTo: 'nagle-delayed-ack/held',
  },

  // The other states.
  {
    text: 'FIN-WAIT-1 0 1 10.0.0.2:443 203.0.113.70:51110 timer:(on,1min2sec,7)',
    leadsTo: 'tcp-states/fin-wait-1',
  },
  { text: 'LAST-ACK  0 1 192.0.2.10:8080 192.0.2.44:60112', leadsTo: 'tcp-states/last-ack' },
  {
    text: '[86420.114231] TCP: request_sock_TCP: Possible SYN flooding on port 0.0.0.0:8080. Sending cookies.',
    leadsTo: 'tcp-states/syn-recv',
  },
  {
    text: 'LISTEN 129    128          0.0.0.0:8080      0.0.0.0:*    users:(("python3",pid=991,fd=3))',
    leadsTo: 'tcp-states/listen',
  },
];

/** What no chapter tells yet. The first result has to say so. */
export const uncovered: readonly string[] = [
  'OSError: [Errno 99] Cannot assign requested address\n  File "/srv/loadgen/run.py", line 41, in fire',
  '2025/03/04 16:40:01 dial tcp 10.9.0.2:8080: connect: cannot assign requested address',
  '2025/03/04 16:40:12 [crit] 22#22: *91820 connect() to 10.9.0.2:8080 failed (99: Cannot assign requested address) while connecting to upstream, client: 10.1.1.1, server: , request: "GET / HTTP/1.1"',
  'TIME-WAIT 0 0 10.9.0.1:40212 10.9.0.2:8080 timer:(timewait,41sec,0)',
  'ValueError: filedescriptor out of range in select()',
  '*** buffer overflow detected ***: terminated\nAborted (core dumped)',
  'socket.gaierror: [Errno -3] Temporary failure in name resolution',
  'dial tcp: lookup payments.svc.cluster.local on 10.96.0.10:53: read udp 10.244.1.7:51230->10.96.0.10:53: i/o timeout',
  "Error: getaddrinfo EAI_AGAIN redis\n    at GetAddrInfoReqWrap.onlookup [as oncomplete] (node:dns:107:26) {\n  errno: -3001,\n  code: 'EAI_AGAIN'\n}",
  'java.net.UnknownHostException: orders: Name or service not known',
  'curl: (6) Could not resolve host: registry.example.com',
  'read tcp 10.4.4.1:51022->10.4.4.9:443: read: connection reset by peer',
  'http.client.RemoteDisconnected: Remote end closed connection without response',
  'write tcp 10.4.4.1:51100->10.4.4.9:443: write: broken pipe',
  '2025/03/04 16:44:44 [alert] 30#30: 1024 worker_connections are not enough',
];
