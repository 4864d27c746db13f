import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;

class Sockets {
    public static void main(String[] args) throws IOException {
        var client = new Socket("127.0.0.1", Integer.parseInt(args[0]));
        var listener = new ServerSocket(0, 5, InetAddress.getByName("127.0.0.1"));
        System.out.println(listener.getLocalPort());
        var accepted = listener.accept();
        System.in.read();
        client.close();
        accepted.close();
    }
}
