import java.io.BufferedOutputStream;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;

/** Header and body leave together. */
class Respond {
    public static void main(String[] args) throws IOException {
        try (var listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
            System.out.println(listener.getLocalPort());
            while (true)
                respond(listener.accept());
        }
    }

    static void respond(Socket socket) throws IOException {
        socket.setTcpNoDelay(true);   // off unless somebody sets it; for what is flushed in parts all the same
        var requests = new BufferedReader(new InputStreamReader(socket.getInputStream()));
        var out = new BufferedOutputStream(socket.getOutputStream());
        while (requests.readLine() != null) {
            out.write(new byte[120]);
            out.write(new byte[400]);
            out.flush();              // one write(), once, at the end of the response
        }
        socket.close();
    }
}
