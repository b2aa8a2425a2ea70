// The parts of `tern report` by themselves: its readers of logs, its escaping, its statistics and scales.
#include <cmath>

#include <nlohmann/json.hpp>

#include "tern/apps/report/html.hpp"
#include "tern/apps/report/run_log.hpp"
#include "tern/apps/report/spread.hpp"
#include "tern/apps/report/time_log.hpp"
#include "tern/apps/ticks.hpp"
#include "tern/core/error.hpp"
#include "tern/tests/catch.hpp"

using namespace tern;
using namespace tern::apps;
using namespace tern::apps::report;

namespace {

// A line of metrics.jsonl with `more` beside what every line has.
std::string line(int epoch, const std::string& more) {
    return to_text("{\"epoch\":", epoch,
                   ",\"train_loss\":2.5,\"train_accuracy\":0.25,\"seconds\":2,\"images_per_second\":50,"
                   "\"learning_rate\":0.5",
                   more, "}\n");
}

std::string tested(double loss, double accuracy) {
    return to_text(",\"test_loss\":", loss, ",\"test_accuracy\":", accuracy);
}

const std::string kNone = ",\"test_loss\":null,\"test_accuracy\":null";

std::string refusal(const std::string& text) {
    try {
        parse_run_log(text, "log");
    } catch (const Error& error) {
        return error.what();
    }
    return "";
}

std::string time_refusal(const std::string& text) {
    try {
        parse_time_log(text, "times");
    } catch (const Error& error) {
        return error.what();
    }
    return "";
}

}  // namespace

TEST_CASE("no text becomes markup") {
    CHECK(escaped("<a href=\"x\">'&'</a>") == "&lt;a href=&quot;x&quot;&gt;&#39;&amp;&#39;&lt;/a&gt;");
    CHECK(escaped("f\u00fcr \u732b \U0001F600\n\t") == "f\u00fcr \u732b \U0001F600\n\t");
    // Bytes that are no UTF-8, an overlong "<", half a letter; and characters that a terminal or a reader takes for orders.
    CHECK(escaped("a\xFF\xC0\xBCz\xE7\x8C") == "a\uFFFD\uFFFD\uFFFDz\uFFFD\uFFFD");
    CHECK(escaped(std::string("\0\x1b\x7f\xC2\x85", 5)) == "\uFFFD\uFFFD\uFFFD\uFFFD");
    Html html;
    html << "<p title=\"" << std::string("\">") << "\">" << std::string_view("<b>") << 7 << Html("&")
         << "</p>";
    CHECK(html.str() == "<p title=\"&quot;&gt;\">&lt;b&gt;7&amp;</p>");
}

TEST_CASE("JSON in a script ends no script") {
    const nlohmann::ordered_json value{{"</script>", "<!--\u2028\xFF"}};
    const std::string text = script_json(value);
    CHECK(text == "{\"\\u003c/script>\":\"\\u003c!--\\u2028\\ufffd\"}");
    CHECK(nlohmann::json::parse(text).contains("</script>"));
}

TEST_CASE("base 64 has the vectors of RFC 4648") {
    const auto encoded = [](std::string_view text) { return base64(std::as_bytes(std::span(text))); };
    for (const auto& [text, digits] : {std::pair{"", ""},
                                       {"f", "Zg=="},
                                       {"fo", "Zm8="},
                                       {"foo", "Zm9v"},
                                       {"foob", "Zm9vYg=="},
                                       {"fooba", "Zm9vYmE="},
                                       {"foobar", "Zm9vYmFy"}})
        CHECK(encoded(text) == digits);
    CHECK(encoded("\xFB\xEF\xBE") == "++++");
}

TEST_CASE("a log of epochs is read") {
    const RunLog log =
        parse_run_log(line(1, tested(2, 0.5)) + line(2, tested(1, 0.75)) + line(3, tested(1.5, 0.75)), "log");
    REQUIRE(log.epochs.size() == 3);
    CHECK(log.epochs[1].epoch == 2);
    CHECK(log.epochs[1].test.loss == 1.0);
    CHECK(log.epochs[1].train.accuracy == 0.25);
    CHECK(log.epochs[1].images_per_second == 50);
    CHECK_FALSE(log.validated);
    CHECK_FALSE(log.cut);
    CHECK(best_epoch(log) == 2);  // the first of equal ones
    CHECK(parse_run_log("", "log").epochs.empty());
    CHECK_FALSE(best_epoch(parse_run_log("", "log")));
}

TEST_CASE("a run of steps and a validated one are read") {
    const RunLog steps = parse_run_log(line(2, kNone) + line(2, kNone), "log");
    CHECK(steps.epochs.size() == 2);
    CHECK_FALSE(steps.epochs[0].test.accuracy);
    CHECK_FALSE(best_epoch(steps));
    const std::string held = ",\"validation_loss\":1,\"validation_accuracy\":0.5" + kNone;
    const RunLog validated = parse_run_log(
        line(1, held) + line(2, held) + R"({"best_epoch":1,"test_loss":3,"test_accuracy":0.25})", "log");
    CHECK(validated.validated);
    CHECK(validated.epochs.size() == 2);
    CHECK(validated.best_epoch == 1);
    CHECK(validated.best_test.accuracy == 0.25);
}

TEST_CASE("a last line that is being written is left out") {
    const std::string whole = line(1, tested(2, 0.5)), next = line(2, tested(1, 0.5));
    for (std::size_t length = 1; length + 1 < next.size(); ++length) {
        const RunLog log = parse_run_log(whole + next.substr(0, length), "log");
        CHECK(log.epochs.size() == 1);
        CHECK(log.cut);
    }
    CHECK(parse_run_log(whole + next.substr(0, next.size() - 1), "log").epochs.size() == 2);
}

TEST_CASE("what is no log is refused with its line") {
    const std::string good = line(1, tested(2, 0.5));
    CHECK(refusal(good + "{\"epoch\":2,\n" + good) == "[log] line 2 is not a JSON object");
    CHECK(refusal("[1]\n") == "[log] line 1 is not a JSON object");
    CHECK(refusal("\n" + good) == "[log] line 1 is not a JSON object");
    CHECK(refusal("\xFF\n") == "[log] line 1 is not a JSON object");
    CHECK(refusal("{}\n") == "[log] line 1: has no epoch");
    CHECK(refusal(line(1, "")) == "[log] line 1: has no test_loss");
    CHECK(refusal(line(1, ",\"test_loss\":\"low\",\"test_accuracy\":1")) ==
          "[log] line 1: test_loss must be a number, got \"low\"");
    CHECK(refusal(line(1, ",\"test_loss\":1e999,\"test_accuracy\":1")) ==
          "[log] line 1 is not a JSON object");
    CHECK(refusal("{\"epoch\":1.5}\n") ==
          "[log] line 1: epoch must be a whole number of at least 1, got 1.5");
    CHECK(refusal("{\"epoch\":0}\n") == "[log] line 1: epoch must be a whole number of at least 1, got 0");
    CHECK(refusal("{\"epoch\":1e300}\n") == "[log] line 1: epoch must be a number, got 1e+300");
    CHECK(refusal(line(2, tested(1, 1)) + good) == "[log] line 2: epoch 1 stands after epoch 2");
    CHECK(refusal(good + line(2, ",\"validation_loss\":1,\"validation_accuracy\":1" + kNone)) ==
          "[log] line 2: has validation_loss, the lines before have none");
    CHECK(refusal("{\"best_epoch\":1,\"test_loss\":1,\"test_accuracy\":1}\n" + good) ==
          "[log] line 2: stands after that of the tests, the last one");
}

TEST_CASE("times are added up by rank and part") {
    const std::string two =
        R"({"epoch":1,"ranks":[{"rank":1,"host":"b","seconds":{"save":1,"more":2,"load":3},"waits":{"gradients":0.5}},)"
        R"({"rank":0,"host":"a","seconds":{"load":1},"waits":{}}]})";
    const TimeLog log = parse_time_log(two + "\n" + two + "\n" + two.substr(0, 50), "times");
    CHECK(log.epochs == 2);
    CHECK(log.cut);
    REQUIRE(log.ranks.size() == 2);
    CHECK(log.ranks[0].host == "a");
    CHECK(log.ranks[1].parts == NamedSeconds{{"load", 6}, {"save", 2}, {"more", 4}});
    CHECK(log.ranks[1].waits == NamedSeconds{{"gradients", 1}});
}

TEST_CASE("what is no file of times is refused with its line") {
    const auto of_rank = [](const std::string& rank) { return "{\"epoch\":1,\"ranks\":[" + rank + "]}\n"; };
    const std::string start = "\"rank\":0,\"host\":\"a\"";
    CHECK(time_refusal("{\"epoch\":1}\n") == "[times] line 1: has no array ranks");
    CHECK(time_refusal(of_rank("3")) == "[times] line 1: ranks must be an array of objects");
    CHECK(time_refusal(of_rank("{\"rank\":-1}")) == "[times] line 1: a rank has no whole number rank");
    CHECK(time_refusal(of_rank("{\"rank\":99999999}")) == "[times] line 1: a rank has no whole number rank");
    CHECK(time_refusal(of_rank("{\"rank\":0,\"host\":1}")) == "[times] line 1: a rank has no text host");
    CHECK(time_refusal(of_rank("{" + start + "}")) == "[times] line 1: a rank has no object seconds");
    CHECK(time_refusal(of_rank("{" + start + ",\"seconds\":{}}")) ==
          "[times] line 1: a rank has no object waits");
    for (const std::string value : {"-1", "\"1\"", "null", "[]"})
        CHECK(time_refusal(of_rank("{" + start + ",\"seconds\":{\"a\":" + value + "},\"waits\":{}}")) ==
              "[times] line 1: seconds.a must be a number of seconds");
}

TEST_CASE("mean and deviation are those of a sample") {
    CHECK(spread_of({}).count == 0);
    CHECK(spread_of({0.5}).mean == 0.5);
    CHECK_FALSE(spread_of({0.5}).deviation);
    const Spread spread = spread_of({2, 4, 4, 4, 5, 5, 7, 9});
    CHECK(spread.mean == 5);
    CHECK(*spread.deviation == Approx(std::sqrt(32.0 / 7)));
    CHECK(*spread_of({0.25, 0.25, 0.25}).deviation == 0);
}

TEST_CASE("runs repeat each other where nothing but the seed decides") {
    const ConfigValues one{{"model", "mlp"}, {"lr", "0.1"}, {"seed", "0"}, {"threads", "2"}};
    ConfigValues other_seed = one, other_rate = one, longer = one;
    other_seed["seed"] = "1";
    other_seed["threads"] = "8";
    other_rate["lr"] = "0.2";
    longer["epochs"] = "3";
    using Groups = std::vector<std::vector<std::size_t>>;
    CHECK(repeated_runs({one, other_rate, other_seed, longer, other_rate}) == Groups{{0, 2}, {1, 4}, {3}});
    CHECK(repeated_runs({}).empty());
}

TEST_CASE("ticks are round numbers around what is drawn") {
    const auto check = [](double low, double high, double first, double last, double step) {
        const Ticks ticks = ticks_around(low, high, 5);
        CHECK(ticks.low == Approx(first).margin(1e-12));
        CHECK(ticks.high == Approx(last).margin(1e-12));
        CHECK(ticks.step == Approx(step));
        CHECK(ticks.at(ticks.count()) == Approx(ticks.high).margin(1e-12));
    };
    check(0, 0.02, 0, 0.02, 0.005);
    check(0.8, 2.0, 0.5, 2, 0.5);
    check(0.31, 0.63, 0.3, 0.7, 0.1);
    check(-3, 7, -4, 8, 2);
    check(0, 4796, 0, 5000, 1000);
    check(5, 5, 5, 6, 1);
    check(0, 0, 0, 0.2, 0.2);
}
