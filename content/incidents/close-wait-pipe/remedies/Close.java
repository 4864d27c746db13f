import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;

/** A server that closes each connection, whatever way its handler is left. */
class Close {
    static void handle(Socket accepted) {
        try (var socket = accepted) {
            socket.setSoTimeout(60_000);   // for a client that vanished without a FIN
            var requests = new BufferedReader(new InputStreamReader(socket.getInputStream()));
            String request;
            while ((request = requests.readLine()) != null) {   // null: the client has closed, and so do we
                if (request.equals("bad"))
                    throw new IOException("not a request: " + request);
                socket.getOutputStream().write("ok\n".getBytes());
            }
        } catch (IOException error) {
            System.err.println(error);
        }
    }

    public static void main(String[] args) throws IOException {
        try (var listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
            System.out.println(listener.getLocalPort());
            while (true) {
                var accepted = listener.accept();
                new Thread(() -> handle(accepted)).start();
            }
        }
    }
}
