package origem.peer;

/** Something that ends the run; the message says what, for whoever reads stderr. */
final class PeerException extends RuntimeException {
    private static final long serialVersionUID = 1;

    PeerException(String message) {
        super(message);
    }

    PeerException(String message, Throwable cause) {
        super(message, cause);
    }
}
