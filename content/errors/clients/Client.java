import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.URL;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.ArrayList;

/** Does one thing that fails, as a program would that catches nothing: Client SITUATION [HOST PORT]. */
public class Client {
    public static void main(String[] arguments) throws Exception {
        String host = arguments.length > 2 ? arguments[1] : "";
        int port = arguments.length > 2 ? Integer.parseInt(arguments[2]) : 0;
        String url = "http://" + host + ":" + port + "/orders?id=7";
        String name = "orders.internal.example";
        switch (arguments[0]) {
            case "connect" -> new Socket(host, port);
            case "connect-channel" -> SocketChannel.open(new InetSocketAddress(host, port));
            case "connect-own-timeout" -> new Socket().connect(new InetSocketAddress(host, port), 1000);
            case "get" -> new URL(url).openStream();
            case "get-client" -> get(HttpClient.newHttpClient(), HttpRequest.newBuilder(URI.create(url)));
            case "get-client-connect-timeout" ->
                get(HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(1)).build(), HttpRequest.newBuilder(URI.create(url)));
            case "get-client-own-timeout" ->
                get(HttpClient.newHttpClient(), HttpRequest.newBuilder(URI.create(url)).timeout(Duration.ofSeconds(4)));
            case "get-own-timeout" -> {
                var connection = new URL(url).openConnection();
                connection.setReadTimeout(1000);
                connection.getInputStream();
            }
            case "read-own-timeout" -> {
                var socket = new Socket(host, port);
                socket.setSoTimeout(1000);
                socket.getInputStream().read();
            }
            case "read" -> {
                var socket = new Socket(host, port);
                socket.getOutputStream().write("GET / HTTP/1.1\r\n\r\n".getBytes());
                socket.getInputStream().read();
            }
            case "write-after-reset" -> {
                OutputStream out = new Socket(host, port).getOutputStream();
                try {
                    while (true) {
                        out.write("GET / HTTP/1.1\r\n".getBytes());
                        Thread.sleep(200);
                    }
                } catch (IOException first) {
                    System.err.println("first: " + first);
                    out.write("\r\n".getBytes());
                }
            }
            case "print-without-reader" -> {
                var out = new java.io.FileOutputStream(java.io.FileDescriptor.out);
                while (true) out.write("line\n".getBytes());
            }
            case "many-connections" -> {
                var kept = new ArrayList<Socket>();
                while (true) kept.add(new Socket(host, port));
            }
            case "accept-many" -> {
                var kept = new ArrayList<Socket>();
                var listener = new ServerSocket(0, 200);
                try {
                    while (true) kept.add(new Socket(InetAddress.getLoopbackAddress(), listener.getLocalPort()));
                } catch (IOException full) {
                    listener.accept();
                }
            }
            case "bind-twice" -> {
                var first = new ServerSocket(0);
                new ServerSocket(first.getLocalPort());
            }
            case "bind-elsewhere" -> new ServerSocket(8080, 50, InetAddress.getByName("192.0.2.7"));
            case "resolve" -> new Socket(name, 80);
            case "get-client-name" -> get(HttpClient.newHttpClient(), HttpRequest.newBuilder(URI.create("http://" + name + "/")));
            default -> throw new IllegalArgumentException(arguments[0]);
        }
    }

    static void get(HttpClient client, HttpRequest.Builder request) throws Exception {
        client.send(request.build(), BodyHandlers.ofString());
    }
}
