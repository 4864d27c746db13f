import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;

/** A connect() that waits two seconds at most. */
class Connect {
    public static void main(String[] args) {
        var peer = new InetSocketAddress(args[0], Integer.parseInt(args[1]));
        try (var socket = new Socket()) {
            socket.connect(peer, 2000);   // ms, for one address; without it, as long as the kernel tries
            socket.setSoTimeout(2000);    // read() has a limit of its own
            System.out.println("connected");
        } catch (IOException error) {
            System.out.println(error);    // SocketTimeoutException
        }
    }
}
