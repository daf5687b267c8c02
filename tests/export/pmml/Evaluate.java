import java.io.PrintStream;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import javax.xml.XMLConstants;
import javax.xml.transform.stream.StreamSource;
import javax.xml.validation.Schema;
import javax.xml.validation.SchemaFactory;
import org.dmg.pmml.PMML;
import org.jpmml.evaluator.Evaluator;
import org.jpmml.evaluator.LoadingModelEvaluatorBuilder;
import org.jpmml.evaluator.OutputField;

/**
 * Answers rows by the JPMML evaluator: for each folder that is named, `model.pmml` is held against
 * PMML's schema and its own example, and `rows` becomes `answers`, or `error` says why not.
 *
 * <p>A line of `rows` is a row, the first the columns' names; cells are separated by tabs, and
 * encoded as in URLs after a letter: f float, d double, s text. `times` gets the seconds that
 * loading took, and then a row.
 */
public class Evaluate {
  private static Schema schema;

  public static void main(String[] folders) throws Exception {
    schema =
        SchemaFactory.newInstance(XMLConstants.W3C_XML_SCHEMA_NS_URI)
            .newSchema(PMML.class.getResource("/pmml.xsd"));
    for (String folder : folders) {
      Path directory = Path.of(folder);
      try {
        answer(directory);
      } catch (Throwable error) {
        try (PrintStream out = new PrintStream(directory.resolve("error").toFile())) {
          error.printStackTrace(out);
        }
      }
    }
  }

  private static void answer(Path directory) throws Exception {
    Path model = directory.resolve("model.pmml");
    schema.newValidator().validate(new StreamSource(model.toFile()));
    long start = System.nanoTime();
    Evaluator evaluator = new LoadingModelEvaluatorBuilder().load(model.toFile()).build();
    evaluator.verify();
    long loaded = System.nanoTime();
    List<String> lines = Files.readAllLines(directory.resolve("rows"), StandardCharsets.UTF_8);
    String[] names = lines.get(0).split("\t", -1);
    StringBuilder answers = new StringBuilder();
    for (String line : lines.subList(1, lines.size())) {
      Map<String, Object> row = new HashMap<>();
      String[] cells = line.split("\t", -1);
      for (int i = 0; i < cells.length; i++) {
        row.put(decoded(names[i]), cell(cells[i]));
      }
      Map<String, ?> answer = evaluator.evaluate(row);
      for (OutputField field : evaluator.getOutputFields()) {
        String value = String.valueOf(answer.get(field.getName()));
        answers.append(encoded(field.getName())).append('=').append(encoded(value)).append('\t');
      }
      answers.append('\n');
    }
    double aRow = (System.nanoTime() - loaded) / 1e9 / Math.max(1, lines.size() - 1);
    Files.writeString(directory.resolve("answers"), answers.toString());
    Files.writeString(directory.resolve("times"), (loaded - start) / 1e9 + " " + aRow);
  }

  private static Object cell(String cell) {
    String text = decoded(cell.substring(1));
    switch (cell.charAt(0)) {
      case 'f':
        return Float.valueOf(text);
      case 'd':
        return Double.valueOf(text);
      default:
        return text;
    }
  }

  private static String decoded(String text) {
    return URLDecoder.decode(text, StandardCharsets.UTF_8);
  }

  private static String encoded(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8);
  }
}
