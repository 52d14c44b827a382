package origem.peer;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** What was measured, by name and parameters; each becomes a line of JSON with the median and the spread. */
final class Figures {
    private record Name(String name, Map<String, String> parameters, String unit) {}

    private final Map<Name, List<Double>> measured = new LinkedHashMap<>();

    void add(String name, Map<String, String> parameters, String unit, double value) {
        measured.computeIfAbsent(new Name(name, parameters, unit), unused -> new ArrayList<>()).add(value);
    }

    void print() {
        measured.forEach((name, values) -> System.out.println(line(name, values)));
    }

    private static String line(Name name, List<Double> values) {
        var sorted = values.stream().sorted().toList();
        var middle = sorted.size() / 2;
        var median = sorted.size() % 2 == 1 ? sorted.get(middle) : (sorted.get(middle - 1) + sorted.get(middle)) / 2;
        return String.format(
                Locale.ROOT,
                "{\"name\":\"%s\",\"parameters\":%s,\"unit\":\"%s\",\"median\":%.1f,\"min\":%.1f,\"max\":%.1f,\"repetitions\":%d}",
                name.name(),
                json(name.parameters()),
                name.unit(),
                median,
                sorted.get(0),
                sorted.get(sorted.size() - 1),
                sorted.size());
    }

    /** Names and texts here are ours: none needs an escape. */
    private static String json(Map<String, String> parameters) {
        return parameters.entrySet().stream()
                .map(entry -> String.format("\"%s\":\"%s\"", entry.getKey(), entry.getValue()))
                .collect(Collectors.joining(",", "{", "}"));
    }
}
