/**
 * Every error that this site knows, as people paste it, and the step that it leads to. `/errors/` shows it and the search
 * matches it. A wording is in recording.json, made by record.py, or names its source. Numbers and words of an errno are
 * the C library's, from the recording too.
 */
import type { z } from 'zod';
import { schema } from './schema.ts';

const RESET = 'What a reset in the middle of a connection says, and who sent it';
const CLOSED = 'A peer that closes without an answer';
const PORTS = 'Ports that run out, and TIME-WAIT';
const NAMES = 'The name lookup that stops a server';
const SELECT = 'select() past descriptor 1023';

const table: z.input<typeof schema> = [
  {
    name: 'EACCES',
    kind: 'errno',
    situations: [
      {
        title: 'A firewall on the way prohibits it, over IPv6',
        means:
          'ICMPv6 “administratively prohibited” ends connect() with EACCES. Over IPv4 the same rule gives EHOSTUNREACH. The capture names who sent it. Where no connect() is in the line, it is a question of rights, and not of the network.',
        to: 'connect-timeout/capture',
        says: {
          go: ['dial tcp … connect: permission denied'],
          java: ['java.net.BindException: Permission denied'],
          node: ['connect EACCES'],
        },
      },
    ],
  },
  {
    name: 'EADDRINUSE',
    kind: 'errno',
    situations: [
      {
        title: 'bind(): another socket has the port',
        means: 'Somebody listens there already. ss -tlnp names the process.',
        to: 'tcp-states/listen',
        missing: 'Who may bind to a port that is taken',
        says: {
          go: ['bind: address already in use'],
          java: ['java.net.BindException: Address already in use'],
          python: ['[Errno 98] Address already in use'],
          node: ['listen EADDRINUSE: address already in use'],
          nginx: ['bind() to … failed (98: Address already in use)'],
        },
      },
    ],
  },
  {
    name: 'EADDRNOTAVAIL',
    kind: 'errno',
    situations: [
      {
        title: 'connect(): no local port is left for this peer',
        means:
          'Each connection to one address and port needs a local port of its own, and TIME-WAIT keeps it for 60 s. Count what is in TIME-WAIT, by peer.',
        to: 'tcp-states/time-wait',
        missing: PORTS,
        says: {
          go: ['dial tcp … connect: cannot assign requested address'],
          java: ['java.net.BindException: Cannot assign requested address'],
          python: ['[Errno 99] Cannot assign requested address'],
          node: ['connect EADDRNOTAVAIL'],
          nginx: ['failed (99: Cannot assign requested address) while connecting to upstream'],
          curl: ['Immediate connect fail for … Cannot assign requested address'],
          haproxy: ['Connect() failed for backend … no free ports'],
          psql: ['connection to server at … failed: Cannot assign requested address'],
        },
        typed: ['port exhaustion', 'ephemeral ports', 'ip_local_port_range', 'out of ports', 'no free ports'],
      },
      {
        title: 'bind(): this host does not have that address',
        means:
          'The address to listen on is not one of this machine’s, in this network namespace. ip addr shows which are; ss -tlnp shows where programs listen.',
        to: 'tcp-states/listen',
        missing: 'Addresses of a host, and of a container',
        says: {
          go: ['listen tcp … bind: cannot assign requested address'],
          java: ['java.net.BindException: Cannot assign requested address'],
          python: ['Cannot assign requested address (while attempting to bind on address'],
          node: ['listen EADDRNOTAVAIL: address not available'],
        },
      },
    ],
  },
  {
    name: 'EAGAIN',
    kind: 'errno',
    situations: [
      {
        title: 'write() to a full pipe that does not block',
        means:
          'Nobody reads fast enough. The flag belongs to the open file, so another process may have set it. Bytes that did not fit are lost unless the program writes them again.',
        to: 'pipe-buffer/poll-and-o_nonblock',
        says: {
          python: ['BlockingIOError: [Errno 11] Resource temporarily unavailable'],
        },
        typed: ['EWOULDBLOCK', 'write error: Resource temporarily unavailable', 'non-blocking pipe full'],
      },
      {
        title: 'connect() to a Unix socket: its backlog is full',
        means:
          'Nobody accepts fast enough at the other end of the socket, and this connect() does not wait. It is no pipe and no network. ss -xlp shows the listener: Recv-Q is how many wait, Send-Q how many may.',
        to: 'tcp-states/listen',
        missing: 'The backlog of a Unix socket',
        sources: [
          {
            by: 'nginx',
            text: 'connect() to unix:… failed (11: Resource temporarily unavailable)',
            url: 'https://github.com/nginx/nginx/blob/release-1.22.1/src/event/ngx_event_connect.c',
          },
        ],
        typed: ['failed (11: Resource temporarily unavailable) while connecting to upstream'],
      },
      {
        title: 'fork(): no more processes or threads may be made',
        means:
          'The user’s limit (ulimit -u), the control group’s (pids.max) or the machine’s is reached. It is no pipe. A pile of threads that are stuck can be what fills it: count what they wait for.',
        to: 'close-wait-pipe/threads',
        missing: 'The limits of processes',
        sources: [
          {
            by: 'bash',
            text: 'fork: retry: Resource temporarily unavailable',
            url: 'https://git.savannah.gnu.org/cgit/bash.git/tree/jobs.c?h=bash-5.2',
          },
        ],
        typed: [
          'fork: Resource temporarily unavailable',
          'fork failed: Resource temporarily unavailable',
          'Cannot fork',
          "can't start new thread",
          'unable to create native thread',
          'pthread_create … Resource temporarily unavailable',
          'pids.max',
        ],
      },
    ],
  },
  {
    name: 'EALREADY',
    kind: 'errno',
    situations: [
      {
        title: 'connect() was called again, and the first call still goes on',
        means:
          'The call before ran into SO_SNDTIMEO or did not block, and the socket still sends SYNs. Look at what it waits for; in the program, close the socket and take a new one.',
        to: 'connect-timeout/waiting',
        says: {
          python: ['[Errno 114] Operation already in progress'],
          strace: ['connect( … EALREADY (Operation already in progress)'],
        },
      },
    ],
  },
  {
    name: 'ECONNABORTED',
    kind: 'errno',
    situations: [
      {
        title: 'The connection was taken away on this machine',
        means:
          'Somebody ran ss -K on a socket that waited in connect(). It is first aid for one silent peer, and that peer is what to look at.',
        to: 'connect-timeout/first-aid',
        says: {
          python: ['ConnectionAbortedError: [Errno 103] Software caused connection abort'],
        },
      },
    ],
  },
  {
    name: 'ECONNREFUSED',
    kind: 'errno',
    situations: [
      {
        title: 'connect() was answered by a reset',
        means:
          'As a rule nobody listens on that port. A firewall can answer so too, with a reset or “port unreachable”, and the capture tells which it was. A silent peer never gives this error.',
        to: 'connect-timeout/capture',
        says: {
          go: ['dial tcp … connect: connection refused'],
          java: ['java.net.ConnectException: Connection refused'],
          python: ['[Errno 111] Connection refused', '[Errno 111] Connect call failed'],
          node: ['connect ECONNREFUSED'],
          nginx: ['connect() failed (111: Connection refused) while connecting to upstream'],
          curl: ['connect to … port … failed: Connection refused'],
          haproxy: ['Layer4 connection problem, info: "Connection refused"'],
          psql: ['connection to server at … failed: Connection refused'],
          ssh: ['connect to host … port … Connection refused'],
          wget: ['failed: Connection refused'],
          strace: ['connect( … ECONNREFUSED (Connection refused)'],
        },
        typed: [
          "Can't connect to MySQL server on … (111",
          'ConnectionRefusedError',
          'kind: ConnectionRefused',
          'closed port',
        ],
      },
      {
        title: 'connect() failed, and the message does not say with what',
        means:
          'curl’s code 7 is any error but a timeout: refused, no route, no local port; curl -v prints the errno. Java’s HttpClient is as silent about a peer that never answered. A capture shows who said what.',
        to: 'connect-timeout/capture',
        says: {
          curl: ["curl: (7) Failed to connect to … Couldn't connect to server"],
          java: ['Caused by: java.nio.channels.ClosedChannelException'],
        },
      },
    ],
  },
  {
    name: 'ECONNRESET',
    kind: 'errno',
    situations: [
      {
        title: 'The peer answered with a reset in the middle of a connection',
        means:
          'It closed with data unread, it ended and its port is closed now, or something between you forgot the connection. Look at the connection from both ends.',
        to: 'tcp-states/where-linux-goes-its-own-way',
        missing: RESET,
        says: {
          go: ['read: connection reset by peer', 'write: connection reset by peer'],
          java: ['java.net.SocketException: Connection reset', 'HTTP/1.1 header parser received no bytes'],
          python: ['ConnectionResetError: [Errno 104] Connection reset by peer'],
          node: ['read ECONNRESET', 'write ECONNRESET'],
          nginx: [
            'recv() failed (104: Connection reset by peer) while reading response header from upstream',
            'readv() failed (104: Connection reset by peer) while reading upstream',
          ],
          curl: ['Recv failure: Connection reset by peer'],
          haproxy: ['Socket error, info: "Connection reset by peer"'],
          ssh: ['kex_exchange_identification: read: Connection reset by peer'],
        },
      },
    ],
  },
  {
    name: 'EHOSTUNREACH',
    kind: 'errno',
    situations: [
      {
        title: 'connect(): no host has that address, or somebody says so',
        means:
          'After 3 s: nobody answered ARP on this network. At once: a router or firewall sent “host unreachable” or “administratively prohibited”, and the capture has its address.',
        to: 'connect-timeout/capture',
        says: {
          go: ['dial tcp … connect: no route to host'],
          java: ['java.net.NoRouteToHostException: No route to host'],
          python: ['[Errno 113] No route to host', '[Errno 113] Connect call failed'],
          node: ['connect EHOSTUNREACH'],
          curl: ['connect to … port … failed: No route to host'],
          psql: ['connection to server at … failed: No route to host'],
          ssh: ['connect to host … port … No route to host'],
          wget: ['failed: No route to host'],
        },
        typed: ['No route to host after 3 s', 'host unreachable', 'administratively prohibited', 'who-has'],
      },
    ],
  },
  {
    name: 'EINPROGRESS',
    kind: 'errno',
    situations: [
      {
        title: 'connect() has not come to an end',
        means:
          'From a blocking socket: SO_SNDTIMEO ran out, and no answer had come. From one that does not block it is no error: poll() and SO_ERROR tell the end. The socket goes on sending SYNs.',
        to: 'connect-timeout/waiting',
        says: {
          python: ['[Errno 115] Operation now in progress'],
          strace: ['connect( … EINPROGRESS (Operation now in progress)'],
        },
        typed: ['SO_SNDTIMEO'],
      },
    ],
  },
  {
    name: 'EMFILE',
    kind: 'errno',
    situations: [
      {
        title: 'This process has as many descriptors as nofile allows',
        means:
          'In a server it is often a pile of connections that nobody closes: count CLOSE-WAIT by port. accept() fails, clients wait in the backlog, and then their SYNs go unanswered.',
        to: 'close-wait-pipe/whose',
        says: {
          go: ['accept4: too many open files', 'socket: too many open files'],
          java: ['java.io.IOException: Too many open files'],
          python: ['OSError: [Errno 24] Too many open files'],
          node: ['EMFILE: too many open files'],
          nginx: [
            'accept4() failed (24: Too many open files)',
            'socket() failed (24: Too many open files) while connecting to upstream',
          ],
          strace: ['EMFILE (Too many open files)'],
        },
        typed: ['ulimit -n', 'nofile', 'file descriptor leak', 'LimitNOFILE'],
      },
    ],
  },
  {
    name: 'ENETUNREACH',
    kind: 'errno',
    situations: [
      {
        title: 'connect(): there is no route, or a router says so',
        means:
          'At once, and nothing on the wire: this host has no route, in this network namespace; ip route get PEER shows it. With an ICMP in the capture: a router on the way has none.',
        to: 'connect-timeout/capture',
        says: {
          go: ['connect: network is unreachable'],
          java: ['java.net.SocketException: Network is unreachable'],
          python: ['[Errno 101] Network is unreachable'],
          node: ['connect ENETUNREACH'],
          nginx: ['failed (101: Network is unreachable) while connecting to upstream'],
          curl: ['Immediate connect fail for … Network is unreachable'],
          haproxy: ['General socket error (Network is unreachable)'],
          psql: ['connection to server at … failed: Network is unreachable'],
          ssh: ['connect to host … port … Network is unreachable'],
          wget: ['failed: Network is unreachable'],
        },
      },
    ],
  },
  {
    name: 'ENFILE',
    kind: 'errno',
    situations: [
      {
        title: 'The whole machine has as many open files as fs.file-max allows',
        means: 'One process has most of them, as a rule. If they are connections, this finds whose.',
        to: 'close-wait-pipe/whose',
        missing: 'The limits of the whole machine',
      },
    ],
  },
  {
    name: 'ENOTCONN',
    kind: 'errno',
    situations: [
      {
        title: 'The socket has no peer, or no longer',
        means: 'A call came after the connection had ended, or before it began. Look at its state.',
        to: 'tcp-states/on-a-sick-machine',
        missing: RESET,
      },
    ],
  },
  {
    name: 'EPIPE',
    kind: 'errno',
    situations: [
      {
        title: 'write() to a pipe that nobody has open any more',
        means:
          'Its last reader has gone, and every write fails at once. strace says which descriptor it is: 1 and 2 are standard output and standard error. A pipe that blocks has a reader that does not read. For a connection some programs use the same words.',
        to: 'close-wait-pipe/epipe',
        says: {
          go: ['write |1: broken pipe'],
          java: ['java.io.IOException: Broken pipe'],
          python: ['BrokenPipeError: [Errno 32] Broken pipe'],
          node: ['write EPIPE'],
          curl: ['Failure writing output to destination'],
          strace: ['write( … EPIPE (Broken pipe)', 'killed by SIGPIPE'],
        },
        typed: ['SIGPIPE', 'stdout: Broken pipe', 'standard output: Broken pipe', 'write error: Broken pipe'],
      },
      {
        title: 'A write to a connection that the peer has ended',
        means:
          'The peer closed it, or reset it, and this program went on writing. Look at the peer; on this machine the socket was in CLOSE-WAIT before.',
        to: 'tcp-states/close-wait',
        missing: RESET,
        says: {
          go: ['write tcp … write: broken pipe'],
          java: ['java.net.SocketException: Broken pipe'],
          python: ['BrokenPipeError: [Errno 32] Broken pipe'],
          node: ['write EPIPE'],
        },
        sources: [
          {
            by: 'nginx',
            text: 'writev() failed (32: Broken pipe) while sending',
            url: 'https://github.com/nginx/nginx/blob/release-1.22.1/src/os/unix/ngx_writev_chain.c',
          },
          {
            by: 'curl',
            text: 'Send failure: Broken pipe',
            url: 'https://github.com/curl/curl/blob/curl-7_88_1/lib/sendf.c',
          },
        ],
        typed: ['sendto( … EPIPE', 'sendmsg( … EPIPE', 'send() failed (32: Broken pipe)'],
      },
    ],
  },
  {
    name: 'ETIMEDOUT',
    kind: 'errno',
    situations: [
      {
        title: 'connect() got no answer at all',
        means:
          'The kernel sent its SYNs, or the program’s own limit came first, and nothing came back: the peer is gone, or something on the way drops it. Look whether others wait for the same peer now.',
        to: 'connect-timeout/waiting',
        says: {
          go: ['dial tcp … connect: connection timed out', 'dial tcp … i/o timeout'],
          java: [
            'java.net.ConnectException: Connection timed out',
            'java.net.SocketTimeoutException: Connect timed out',
            'java.net.http.HttpConnectTimeoutException: HTTP connect timed out',
          ],
          python: ['[Errno 110] Connection timed out', '[Errno 110] Connect call failed'],
          node: [
            'connect ETIMEDOUT',
            'ConnectTimeoutError: Connect Timeout Error',
            'UND_ERR_CONNECT_TIMEOUT',
          ],
          nginx: [
            'connect() failed (110: Connection timed out) while connecting to upstream',
            'upstream timed out (110: Connection timed out) while connecting to upstream',
          ],
          curl: [
            'connect to … port … failed: Connection timed out',
            "curl: (28) Failed to connect to … Couldn't connect to server",
            'curl: (28) Failed to connect to … Timeout was reached',
            'curl: (28) Connection timed out after',
          ],
          haproxy: ['is DOWN, reason: Layer4 timeout', 'sC--'],
          psql: [
            'connection to server at … failed: Connection timed out',
            'connection to server at … failed: timeout expired',
          ],
          ssh: ['connect to host … port … Connection timed out'],
          wget: ['failed: Connection timed out'],
          strace: ['connect( … ETIMEDOUT (Connection timed out)'],
        },
        typed: [
          'upstream timed out … while connecting to upstream',
          'connect timeout',
          'connect() hangs',
          'connection timeout',
          'ConnectTimeout',
          'ConnectTimeoutError',
          'connection attempt timed out',
          "Can't connect to MySQL server on … (110",
          'Net::OpenTimeout',
        ],
      },
      {
        title: 'An open connection got no more answers',
        means:
          'Data or keep-alive probes stayed unacknowledged until the kernel gave up, or TCP_USER_TIMEOUT did. Send-Q and timer: of the sockets that are still open show others that are on the way there.',
        to: 'tcp-states/estab',
        missing: 'How an open connection times out',
        says: { python: ['[Errno 110] Connection timed out'] },
        typed: [
          'read: connection timed out',
          'read ETIMEDOUT',
          'write ETIMEDOUT',
          'recv() failed (110: Connection timed out)',
          'SSL_read … Connection timed out',
          'could not receive data from server: Connection timed out',
        ],
        sources: [
          {
            by: 'libpq',
            text: 'could not receive data from server: Connection timed out',
            url: 'https://github.com/postgres/postgres/blob/REL_15_STABLE/src/interfaces/libpq/fe-misc.c',
          },
        ],
      },
    ],
  },
  {
    name: 'No answer in time',
    kind: 'words',
    situations: [
      {
        title: 'Connected, asked, and no answer in time',
        means:
          'The connection came up: the kernel of the server accepts. Its program does not answer. On the server, look for a pile of CLOSE-WAIT: each client that gives up leaves one.',
        to: 'close-wait-pipe/whose',
        says: {
          go: ['net/http: timeout awaiting response headers', 'read tcp … i/o timeout'],
          java: ['java.net.SocketTimeoutException: Read timed out'],
          nginx: [
            'upstream timed out (110: Connection timed out) while reading response header from upstream',
            'client prematurely closed connection, so upstream connection is closed too',
          ],
          curl: ['curl: (28) Operation timed out after … with 0 bytes received'],
          haproxy: ['is DOWN, reason: Layer7 timeout', 'sH--'],
          wget: ['Read error (Connection timed out) in headers'],
        },
        typed: [
          'upstream timed out … while reading response header from upstream',
          'upstream timed out … while reading upstream',
          'upstream timed out',
          'Read timed out',
          'ReadTimeout',
          'ReadTimeoutError',
          'The read operation timed out',
          'HTTP/1.1" 499',
          'HTTP/2.0" 499',
          'accepts and never answers',
          'server listens and does not answer',
        ],
      },
      {
        title: 'A time limit of the program ran out; it does not say at what',
        means:
          'It may have waited for a name, for a connection, or for the answer: the words are the same. Look for a socket in SYN-SENT first. If there is none, the playbook tells a name from a server that has the connection and does not answer.',
        to: 'connect-timeout/waiting',
        says: {
          go: [
            'context deadline exceeded',
            'context deadline exceeded (Client.Timeout exceeded while awaiting headers)',
          ],
          java: ['java.net.http.HttpTimeoutException: request timed out'],
          python: ['TimeoutError: timed out', '<urlopen error timed out>'],
          node: ['TimeoutError]: The operation was aborted due to timeout'],
        },
        typed: [
          'timed out',
          'timeout',
          'TimeoutError',
          'request timed out',
          'deadline exceeded',
          'DeadlineExceeded',
          'i/o timeout',
          'timeout expired',
        ],
      },
    ],
  },
  {
    name: 'TLS handshake timeout',
    kind: 'words',
    situations: [
      {
        title: 'TCP is up, and TLS got no answer',
        means:
          'The kernel of the server took the connection; its program did not answer the first message of TLS. It does not accept or is stuck, or large packets are lost on the way. On the server, look for CLOSE-WAIT and for a listener whose Recv-Q stays.',
        to: 'close-wait-pipe/whose',
        sources: [
          {
            by: 'Go',
            text: 'net/http: TLS handshake timeout',
            url: 'https://github.com/golang/go/blob/go1.19.8/src/net/http/transport.go',
          },
        ],
        typed: [
          'TLS handshake timeout',
          'SSL connection timeout',
          'handshake operation timed out',
          'SSL handshake timed out',
        ],
      },
    ],
  },
  {
    name: 'Closed on this side',
    kind: 'words',
    situations: [
      {
        title: 'The program closed the connection itself, and went on using it',
        means:
          'No peer did this. One part of the program closed the connection, on a shutdown or when a time limit ran out, while another read or wrote. Look in its own log for what ended first.',
        to: 'tcp-states/on-a-sick-machine',
        missing: 'A connection that the program itself closed',
        sources: [
          {
            by: 'Go',
            text: 'use of closed network connection',
            url: 'https://pkg.go.dev/net#ErrClosed',
          },
        ],
        typed: [
          'read tcp … use of closed network connection',
          'write tcp … use of closed network connection',
          'java.net.SocketException: Socket closed',
        ],
      },
    ],
  },
  {
    name: 'Closed without an answer',
    kind: 'words',
    situations: [
      {
        title: 'The peer closed the connection before it answered',
        means:
          'It took the connection and closed it: it crashed, was restarted, or had a time limit for idle connections. Its log at that moment tells more than this end. Node says “socket hang up” also when the program itself gave up.',
        to: 'tcp-states/on-a-sick-machine',
        missing: CLOSED,
        says: {
          java: ['java.net.SocketException: Unexpected end of file from server'],
          python: ['RemoteDisconnected: Remote end closed connection without response'],
          node: ['Error: socket hang up', 'SocketError: other side closed'],
          nginx: ['upstream prematurely closed connection while reading response header from upstream'],
          curl: ['curl: (52) Empty reply from server'],
          haproxy: ['SH--', 'is DOWN, reason: Layer7 invalid response'],
          psql: ['server closed the connection unexpectedly'],
          ssh: ['kex_exchange_identification: Connection closed by remote host'],
        },
        typed: [
          '": EOF',
          'unexpected EOF',
          'connection closed by peer',
          'upstream prematurely closed connection',
        ],
      },
    ],
  },
  {
    name: '502, 503 and 504 of a proxy',
    kind: 'words',
    situations: [
      {
        title: '504: the proxy waited too long',
        means:
          'For a connection or for the answer: its error log says which. Look on the proxy for a socket in SYN-SENT. If there is none, the server has the connection and does not answer.',
        to: 'connect-timeout/waiting',
        says: { 'nginx access log': ['HTTP/1.1" 504'] },
        typed: [
          'HTTP/2.0" 504',
          'HTTP/1.0" 504',
          '504 Gateway Time-out',
          '504 Gateway Timeout',
          'status 504',
        ],
      },
      {
        title: '502 or 503: the proxy did not get through, or lost the connection',
        means:
          'Refused, unreachable, reset, closed without an answer, or no name: its error log says which, and the errno of that line is in this table. A capture tells them apart.',
        to: 'connect-timeout/capture',
        says: {
          'nginx access log': ['HTTP/1.1" 502'],
          nginx: [
            'no live upstreams while connecting to upstream',
            'upstream server temporarily disabled while connecting to upstream',
          ],
          haproxy: ['SC--'],
        },
        typed: [
          'HTTP/2.0" 502',
          'HTTP/1.0" 502',
          '502 Bad Gateway',
          '503 Service Unavailable',
          'no healthy upstream',
          'has no server available',
          'no server available',
        ],
      },
      {
        title: 'nginx has no connection left for its clients',
        means:
          'Every client and every upstream takes one. Often the upstream is slow, and they pile up: on the server behind it, look for CLOSE-WAIT.',
        to: 'close-wait-pipe/whose',
        missing: 'The limits of a proxy',
        says: {
          nginx: ['worker_connections are not enough', 'worker_connections exceed open file resource limit'],
        },
      },
    ],
  },
  {
    name: 'EAI_AGAIN',
    kind: 'lookup',
    situations: [
      {
        title: 'No name server gave an answer',
        means:
          'The lookup ran out of time, or the server said SERVFAIL. It is before connect(): no socket is in SYN-SENT. This step looks the name up as the program does, and says who waits for which name server.',
        to: 'connect-timeout/no-socket',
        missing: NAMES,
        says: {
          go: [
            'dial tcp: lookup … i/o timeout',
            'dial tcp: lookup … server misbehaving',
            'dial tcp: lookup … Temporary failure in name resolution',
            'dial tcp: lookup … read: connection refused',
          ],
          python: ['[Errno -3] Temporary failure in name resolution'],
          node: ['getaddrinfo EAI_AGAIN'],
          nginx: ['could not be resolved (110: Operation timed out)'],
          curl: ['curl: (28) Resolving timed out after'],
          psql: ['could not translate host name … to address: Temporary failure in name resolution'],
          ssh: ['Could not resolve hostname … Temporary failure in name resolution'],
        },
        typed: [
          'Temporary failure in name resolution',
          'DNS timeout',
          'name lookup hangs',
          'ndots',
          'resolv.conf',
          'SERVFAIL',
          'lookup i/o timeout',
        ],
      },
    ],
  },
  {
    name: 'EAI_NONAME',
    kind: 'lookup',
    situations: [
      {
        title: 'A name server answered: there is no such name',
        means:
          'The name is wrong, or is known elsewhere only: another namespace, search list or hosts file. Nothing was sent to the peer.',
        to: 'connect-timeout/no-socket',
        missing: NAMES,
        says: {
          go: ['dial tcp: lookup … no such host'],
          java: ['java.net.UnknownHostException', 'java.nio.channels.UnresolvedAddressException'],
          python: ['[Errno -2] Name or service not known'],
          node: ['getaddrinfo ENOTFOUND'],
          nginx: ['could not be resolved (3: Host not found)'],
          curl: ['curl: (6) Could not resolve host'],
          psql: ['could not translate host name … to address: Name or service not known'],
          ssh: ['Could not resolve hostname … Name or service not known'],
          wget: ['unable to resolve host address'],
        },
        typed: ['Name or service not known', 'no such host', 'NXDOMAIN', 'host not found in upstream'],
      },
    ],
  },
  {
    name: 'select() out of range',
    kind: 'words',
    situations: [
      {
        title: 'A descriptor above 1023 in select()',
        means:
          'An fd_set has 1,024 bits. Use poll() or epoll. Without the check that printed this, the program writes past the set.',
        to: 'connect-timeout/fix',
        missing: SELECT,
        says: {
          python: ['filedescriptor out of range in select()'],
          glibc: ['*** bit out of range 0 - FD_SETSIZE on fd_set ***: terminated'],
        },
        sources: [
          {
            by: 'glibc, older',
            text: '*** buffer overflow detected ***: terminated',
            url: 'https://sourceware.org/git/?p=glibc.git;a=blob;f=debug/fdelt_chk.c;hb=refs/tags/glibc-2.31',
          },
        ],
        typed: ['FD_SETSIZE', 'fd_set', 'select 1024', 'select('],
      },
    ],
  },
  {
    name: 'SYN-SENT',
    kind: 'state',
    situations: [
      {
        title: 'A SYN is out, and nothing has come back',
        means: 'connect() waits. timer:(on,12sec,4) means four SYNs sent again, and the next in 12 s.',
        to: 'connect-timeout/waiting',
        typed: ['syn-sent', 'SYN_SENT', 'state syn-sent', 'connect hangs', 'timer:(on', 'syn_sent'],
      },
    ],
  },
  {
    name: 'CLOSE-WAIT',
    kind: 'state',
    situations: [
      {
        title: 'The peer has closed, and the program on this machine has not',
        means:
          'No timer and no sysctl ends it. A pile of them is a program that is stuck or forgets to close. Find whose they are.',
        to: 'close-wait-pipe/whose',
        typed: [
          'close-wait',
          'CLOSE_WAIT',
          'close_wait grows',
          'a restart helps for a day',
          'too many CLOSE_WAIT',
          'restart helps',
        ],
      },
      {
        title: 'CLOSE-WAIT with something in Recv-Q',
        means:
          '1 is the FIN alone: the program read the request and did not come back. A request and 1: nobody has read it. 0: the program has read all and does not close.',
        to: 'close-wait-pipe/recv-q',
        typed: ['recv-q', 'recv-q 1', 'recv-q close-wait', 'unread in recv-q'],
      },
    ],
  },
  {
    name: 'TIME-WAIT',
    kind: 'state',
    situations: [
      {
        title: 'This end closed first; the record stays for 60 s',
        means:
          'It holds no descriptor and little memory. What can run out is the local port, for one and the same peer. Count by peer.',
        to: 'tcp-states/time-wait',
        missing: PORTS,
        typed: [
          'time-wait',
          'TIME_WAIT',
          'timer:(timewait',
          'tcp_tw_reuse',
          'tcp_tw_recycle',
          'time wait bucket table overflow',
          'tcp_max_tw_buckets',
        ],
      },
    ],
  },
  {
    name: 'FIN-WAIT-1',
    kind: 'state',
    situations: [
      {
        title: 'This end has closed, and nobody has acknowledged its FIN',
        means:
          'The peer is gone, or data stands before the FIN and the peer does not read. Send-Q tells which.',
        to: 'tcp-states/fin-wait-1',
        typed: ['fin-wait-1', 'FIN_WAIT1', 'FIN_WAIT_1', 'tcp_orphan_retries'],
      },
    ],
  },
  {
    name: 'FIN-WAIT-2',
    kind: 'state',
    situations: [
      {
        title: 'This end has closed; the peer’s program has not',
        means:
          'On the peer the same connection is in CLOSE-WAIT: look there. Without a process it goes after tcp_fin_timeout.',
        to: 'tcp-states/fin-wait-2',
        typed: ['fin-wait-2', 'FIN_WAIT2', 'FIN_WAIT_2', 'tcp_fin_timeout', 'FIN_WAIT2 … timewait'],
      },
    ],
  },
  {
    name: 'LAST-ACK',
    kind: 'state',
    situations: [
      {
        title: 'Both ends have closed, and one ACK is missing',
        means:
          'It ends by itself. Many at a time often mean that something between the two forgets connections at the first FIN.',
        to: 'tcp-states/last-ack',
        typed: ['last-ack', 'LAST_ACK'],
      },
    ],
  },
  {
    name: 'SYN-RECV',
    kind: 'state',
    situations: [
      {
        title: 'A SYN came, and the last ACK of the handshake is missing',
        means:
          'The way back is broken, the addresses are forged, or the accept queue is full. The counters tell the last of these.',
        to: 'tcp-states/syn-recv',
        sources: [
          {
            by: 'kernel log',
            text: 'Possible SYN flooding on port … Sending cookies',
            url: 'https://elixir.bootlin.com/linux/v6.12/source/net/ipv4/tcp_input.c',
          },
        ],
        typed: [
          'syn-recv',
          'SYN_RECV',
          'TcpExtListenOverflows',
          'TcpExtListenDrops',
          'ListenOverflows',
          'accept queue full',
          'SYN flood',
          'times the listen queue of a socket overflowed',
        ],
      },
    ],
  },
  {
    name: 'LISTEN',
    kind: 'state',
    situations: [
      {
        title: 'A socket that takes connections',
        means:
          'Here Recv-Q is how many wait for accept(), and Send-Q how many may. Recv-Q that stays near Send-Q is a program that does not accept.',
        to: 'tcp-states/listen',
        typed: ['LISTEN', 'backlog', 'somaxconn'],
      },
    ],
  },
  {
    name: 'ESTAB',
    kind: 'state',
    situations: [
      {
        title: 'An open connection',
        means:
          'Recv-Q that stays is a program that does not read. Send-Q that stays is a peer that does not acknowledge or does not read.',
        to: 'tcp-states/estab',
        typed: ['ESTAB', 'ESTABLISHED', 'send-q'],
      },
      {
        title: 'Open, and slow: small data waits for an ACK',
        means:
          'unacked:1 and a small notsent: with room in cwnd: is Nagle’s rule, and it waits for a delayed ACK. Look often: the state lasts 40 ms.',
        to: 'nagle-delayed-ack/socket',
        typed: ['unacked:1 … notsent:', 'notsent', 'ESTAB and slow'],
      },
      {
        title: 'timer:(persist,…) and data in Send-Q',
        means:
          'A peer whose window is shut does not read. Or, with the window open: a cork or MSG_MORE that nobody ended, and the data leaves after 200 ms.',
        to: 'nagle-delayed-ack/held',
        typed: ['timer:(persist', 'timer:(persist … notsent', 'TCP_CORK', 'MSG_MORE'],
      },
    ],
  },
  {
    name: 'CLOSING',
    kind: 'state',
    situations: [
      {
        title: 'Both ends closed at the same moment',
        means: 'One ACK is missing. Rare: many of them are worth a capture.',
        to: 'tcp-states/closing',
        typed: ['CLOSING'],
      },
    ],
  },
  {
    name: 'pipe_write',
    kind: 'wait',
    situations: [
      {
        title: 'A thread sleeps in write(): its pipe is full',
        means:
          'Often it is the log, and standard error. pipe_write is anon_pipe_write since Linux 6.14. Count how many threads sleep there.',
        to: 'close-wait-pipe/threads',
        typed: [
          'pipe_write',
          'anon_pipe_write',
          'pipe full',
          'pipe is full',
          'blocked in write()',
          'stuck in write to stderr',
          'log blocks',
        ],
      },
      {
        title: 'A dump of the threads shows them in the log',
        means:
          'Take a second dump, from outside and some seconds later. The same line in the same threads is the answer.',
        to: 'close-wait-pipe/line',
        typed: ['line … in emit … in handle', 'every thread is in the log', 'stack of all threads'],
      },
    ],
  },
  {
    name: 'futex',
    kind: 'wait',
    situations: [
      {
        title: 'A thread waits for a lock, or for work',
        means:
          'One thread in pipe_write beside them: it holds the log’s lock, and they wait for it. All in futex: a lock of the program, or idle threads.',
        to: 'close-wait-pipe/threads',
        typed: ['futex_wait_queue', 'futex_wait_queue_me', 'futex_wait', 'FUTEX_WAIT', 'futex_do_wait'],
      },
    ],
  },
  {
    name: 'sock_alloc_send_pskb',
    kind: 'wait',
    situations: [
      {
        title: 'A thread sleeps in a write to a Unix socket that is full',
        means: 'As a rule the other end is a log daemon that does not read.',
        to: 'close-wait-pipe/threads',
        typed: ['sock_alloc_send_pskb', 'unix_stream_sendmsg', 'unix_wait_for_peer'],
      },
    ],
  },
  {
    name: 'inet_stream_connect',
    kind: 'wait',
    situations: [
      {
        title: 'A thread sleeps in connect()',
        means: 'It waits for a SYN-ACK, and this is where it goes on.',
        to: 'connect-timeout/asleep',
        typed: [
          'net.(*netFD).connect',
          'inet_stream_connect',
          'inet_wait_for_connect',
          '__inet_stream_connect',
        ],
      },
    ],
  },
  {
    name: 'inet_csk_accept',
    kind: 'wait',
    situations: [
      {
        title: 'A thread waits for work',
        means: 'Normal for one or a few. Look at the other threads.',
        to: 'close-wait-pipe/threads',
        typed: [
          'inet_csk_accept',
          'inet_csk_wait_for_connect',
          'ep_poll',
          'do_epoll_wait',
          'do_poll',
          'do_sys_poll',
          'poll_schedule_timeout',
        ],
      },
    ],
  },
  {
    name: 'do_select',
    kind: 'wait',
    situations: [
      {
        title: 'A thread waits in select()',
        means:
          'Normal, unless it waits there for ever with a time limit, or returns at once and then blocks. Today’s programs use poll().',
        to: 'connect-timeout/asleep',
        missing: SELECT,
        typed: ['do_select', 'core_sys_select', 'select() said ready and the call blocked'],
      },
    ],
  },
  {
    name: 'sk_stream_wait_memory',
    kind: 'wait',
    situations: [
      {
        title: 'A thread sleeps in send(): the send buffer is full',
        means:
          'The peer does not acknowledge, or does not read. Send-Q and timer: of that socket tell which.',
        to: 'tcp-states/estab',
        missing: 'A sender that waits for its peer',
        typed: ['sk_stream_wait_memory', 'tcp_sendmsg', 'tcp_sendmsg_locked'],
      },
      {
        title: 'A thread waits in recv() for data',
        means: 'The peer has sent nothing. Look at the same connection from the other end.',
        to: 'tcp-states/estab',
        missing: 'A reader that waits for its peer',
        typed: ['sk_wait_data', 'tcp_recvmsg', 'wait_woken', 'tcp_recvmsg_locked'],
      },
    ],
  },
  {
    name: '40 ms on every request',
    kind: 'words',
    situations: [
      {
        title: 'Every request waits 40 ms, on an idle machine',
        means:
          'Fast without keep-alive, slow with it; the first request on a connection is fast. Look for a bare ACK in the middle of a response.',
        to: 'nagle-delayed-ack/wire',
        typed: [
          '40 ms',
          '40ms',
          '41 ms',
          '44 ms',
          'slow with keep-alive',
          'fast without keep-alive, slow with it',
          'keep-alive slow',
          'Nagle',
          'TCP_NODELAY',
          'delayed ACK',
          'TCP_QUICKACK',
          'first request is fast all later are slow',
        ],
      },
      {
        title: 'Every response takes a little over 200 ms',
        means:
          'A cork, or MSG_MORE, that nobody ended. It leaves when the timer that probes a shut window fires.',
        to: 'nagle-delayed-ack/wire',
        typed: ['200 ms', '200ms', '204 ms', '208 ms', 'forgotten cork', 'cork'],
      },
      {
        title: 'Many delayed ACKs are counted',
        means:
          'One for each request is the incident of the two small writes. nstat counts those that went out alone.',
        to: 'nagle-delayed-ack/how-often',
        typed: ['TcpExtDelayedACKs', 'DelayedACKs', 'delayed acks sent'],
      },
    ],
  },
  {
    name: 'In a capture',
    kind: 'words',
    situations: [
      {
        title: 'SYNs, or ICMP “unreachable”',
        means:
          'What comes back to a SYN says who refuses, who drops, and who is not there. The table of this step reads it.',
        to: 'connect-timeout/capture',
        typed: [
          'Flags [S]',
          'Flags [S.]',
          'ICMP … unreachable',
          'admin prohibited',
          'who-has … tell',
          'tcpdump SYN',
        ],
      },
      {
        title: 'A reset',
        means:
          'It does not say who refuses: a closed port, a firewall and a proxy answer so. Its seq and win and the hops that it had left tell them apart.',
        to: 'connect-timeout/who-reset',
        typed: ['Flags [R]', 'Flags [R.]', 'tcp reset'],
      },
      {
        title: 'Small segments, with a pause between them',
        means:
          'Print the time since the line before (tcpdump -ttt), and look for 40 ms or 200 ms. A bare ACK in the middle of a response is the proof.',
        to: 'nagle-delayed-ack/wire',
        typed: ['Flags [P.]', 'Flags [.]'],
      },
    ],
  },
  {
    name: 'A wait of seconds or minutes',
    kind: 'words',
    situations: [
      {
        title: 'A call hangs for 63, 127 or 131 seconds',
        means: 'That is how long the kernel tries to connect: two sysctls decide.',
        to: 'connect-timeout/how-long',
        typed: [
          '63 s',
          '127 s',
          '131 s',
          '63 seconds',
          '127 seconds',
          '131 seconds',
          'hangs for two minutes',
          'tcp_syn_retries',
          'tcp_syn_linear_timeouts',
          'hangs for one or two minutes',
        ],
      },
      {
        title: 'A worker is killed, and nothing in its log says why',
        means:
          'A call without a time limit of its own, and a supervisor with one. Look whether it waits for a connection.',
        to: 'connect-timeout/waiting',
        typed: [
          'killed and nothing in its log',
          'worker killed heartbeat',
          'WORKER TIMEOUT',
          'worker misses its heartbeat',
        ],
      },
      {
        title: 'Everything stops for 5, 10 or 40 seconds',
        means:
          'That is how long a lookup waits for its name servers. strace -p shows a poll() on a UDP socket to port 53.',
        to: 'connect-timeout/no-socket',
        missing: NAMES,
        typed: ['5 s', '5 seconds', '40 s', '40 seconds', 'everything stops for seconds', '5000 … poll 53'],
      },
      {
        title: 'Only some clients behind one address get in',
        means:
          'Their SYNs are dropped, and they wait in SYN-SENT. tcp_tw_recycle did this until Linux 4.12. A capture on the server shows SYNs without an answer.',
        to: 'connect-timeout/capture',
        missing: 'Two clocks behind one address',
        typed: [
          'only some clients behind one address',
          'behind NAT',
          'TcpExtPAWSPassive',
          'PAWS',
          'tcp_tw_recycle NAT',
        ],
      },
      {
        title: 'The table of connections is full, and packets are dropped',
        means:
          'A SYN that is dropped on this host looks like a silent peer. nf_conntrack_count and nf_conntrack_max are the two numbers.',
        to: 'connect-timeout/conntrack',
        sources: [
          {
            by: 'kernel log',
            text: 'nf_conntrack: table full, dropping packet',
            url: 'https://elixir.bootlin.com/linux/v6.12/source/net/netfilter/nf_conntrack_core.c',
          },
        ],
        typed: ['nf_conntrack_max', 'conntrack table full'],
      },
    ],
  },
];

/** The table, checked. */
export const errors = schema.parse(table);
