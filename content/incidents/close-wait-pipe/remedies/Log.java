import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.atomic.AtomicLong;

/** A log that drops lines rather than wait for a reader. */
class Log {
    static final ArrayBlockingQueue<String> lines = new ArrayBlockingQueue<>(1000);
    static final AtomicLong dropped = new AtomicLong();   // export this number, and alert on it

    static void log(String line) {
        if (!lines.offer(line))
            dropped.incrementAndGet();
    }

    public static void main(String[] args) {
        var writer = new Thread(() -> {
            try {
                while (true)
                    System.err.println(lines.take());     // the one thread that may sleep
            } catch (InterruptedException end) {
                Thread.currentThread().interrupt();
            }
        });
        writer.setDaemon(true);                           // it does not hold up the exit
        writer.start();
        for (int request = 0; request < 10_000; request++)
            log("request " + request + " is answered, whoever reads this: ok");
        System.out.println("dropped " + dropped);
    }
}
