import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;

class Connect {
    public static void main(String[] args) throws InterruptedException {
        try {
            if (args[0].equals("socket"))
                new Socket(args[1], Integer.parseInt(args[2]));
            else
                HttpClient.newHttpClient().send(
                    HttpRequest.newBuilder(URI.create("http://" + args[1] + ":" + args[2] + "/")).build(),
                    HttpResponse.BodyHandlers.discarding());
        } catch (IOException error) {
            System.out.println(error);
        }
    }
}
