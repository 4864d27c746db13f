import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

class Print {
    public static void main(String[] args) throws IOException, InterruptedException {
        var out = args[0].equals("stdout") ? System.out : System.err;
        var line = "x".repeat(119);
        for (int i = 0; i < 20_000; i++)
            out.println(line);
        Files.createFile(Path.of(args[1]));
        Thread.sleep(60_000);
    }
}
