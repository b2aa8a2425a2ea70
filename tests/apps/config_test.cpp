// Settings from a file.
#include "tern/models/registry.hpp"
#include "tern/tests/apps/program.hpp"
#include "tern/tests/catch.hpp"

using namespace tern;
using test::run_tern;

namespace {

// Runs a dry run with this config.
test::Finished plan(const test::TemporaryFolder& place, const std::string& config,
                    const std::vector<std::string>& more = {}) {
    test::write_text(place / "cfg.toml", config);
    std::vector<std::string> flags{"train", "--dry-run", "--config", "cfg.toml"};
    flags.insert(flags.end(), more.begin(), more.end());
    return run_tern(place, flags);
}

void check_refused(const test::TemporaryFolder& place, const std::string& config,
                   const std::string& message) {
    const test::Finished done = plan(place, config);
    CHECK(done.status == 1);
    CHECK(done.err == "tern: [cfg.toml] " + message + "\n");
    CHECK(done.out.empty());
}

}  // namespace

TEST_CASE("a config sets flags, the command line goes before it") {
    const test::FolderWithSet place;
    const std::string config =
        "data = '" + place.set +
        "'\n# a comment\nmodel = \"mini_xception_dense\"\nlr = 0.25\nbetas = [0.5, 0.75]\n"
        "epochs = 3\nlog_steps = true\nlabel_smoothing = 0\nthreads = 1\n";
    const test::Finished done = plan(place, config);
    INFO(done.err);
    REQUIRE(done.status == 0);
    for (const char* line : {"model = 'mini_xception_dense'\n", "lr = 0.25\n", "betas = [0.5, 0.75]\n",
                             "epochs = 3\n", "log_steps = true\n", "threads = 1\n"}) {
        CHECK_THAT(done.out, Catch::Contains(line));
    }
    const test::Finished other = plan(place, config, {"--lr", "0.5", "--steps", "7"});
    REQUIRE(other.status == 0);
    CHECK_THAT(other.out, Catch::Contains("lr = 0.5\n") && Catch::Contains("steps = 7\n") &&
                              !Catch::Contains("epochs = 3\n"));
    // What a run writes can be given to another one.
    const std::string written = done.out.substr(done.out.find("model = "));
    const test::Finished again = plan(place, written.substr(0, written.find("Dry run")));
    REQUIRE(again.status == 0);
    CHECK(again.out == done.out);
}

TEST_CASE("a config is read as people and editors write it") {
    const test::FolderWithSet place;
    const std::string config =
        "data = '" + place.set + "'\r\nbatch-size = 8.0\r\nsteps = 1e1\r\nshuffle = false\r\nlr = 1\r\n";
    for (const std::string start : {"", "\xEF\xBB\xBF"}) {
        const test::Finished done = plan(place, start + config);
        INFO(done.err);
        REQUIRE(done.status == 0);
        for (const char* line : {"batch_size = 8\n", "steps = 10\n", "shuffle = 'off'\n", "lr = 1.0\n"})
            CHECK_THAT(done.out, Catch::Contains(line));
    }
    CHECK_THAT(plan(place, config + "augment = 'none'\nlog-steps = true\n").out,
               Catch::Contains("log_steps = true\n"));
    check_refused(place, "batch_size = 1\nbatch-size = 1\n",
                  "line 1: batch_size appears twice, with _ and with -");
    check_refused(place, "shuffle = 1\n", R"(line 1: shuffle must be "on", "off", true or false)");
    for (const char* number : {"1e300", "-inf", "nan", "true", "'8'"}) {
        check_refused(place, to_text("batch_size = ", number, "\n"),
                      "line 1: batch_size must be a whole number");
    }
}

TEST_CASE("a file of another kind is neither a config nor a table of choices") {
    const test::FolderWithSet place;
    const auto check = [&](const std::string& text, const std::string& message) {
        check_refused(place, text, message);
        const test::Finished done =
            run_tern(place, {"train", "--dry-run", "--data", "synthetic", "--tuning", "cfg.toml"});
        CHECK(done.status == 1);
        CHECK(done.err == "tern: [cfg.toml] " + message + "\n");
    };
    check("{\"lr\": 0.1}\n", "is a JSON text, expected TOML");
    check(std::string("\xFF\xFEl\0r\0 \0=\0 \0001\0", 14),
          "is a text in UTF-16, expected TOML; save it in UTF-8");
    check("<!doctype html>", "is a web page (HTML), expected TOML; download it again");
    check("\x1F\x8B\x08", "is a gzip archive, expected TOML; unpack it and name what is in it");
    check(std::string("\x40\0\0\0\0\0\0\0{", 9) + std::string(2 << 20, ' '),
          "is a safetensors file, expected TOML");
}

TEST_CASE("a config that is not what it should be") {
    const test::FolderWithSet place;
    check_refused(place, "learning_rate = 0.1\n",
                  "line 1: learning_rate is not a setting; they are the flags of tern train with _ for -");
    check_refused(place, "\n\"a\\u001b[2J\" = 1\n",
                  "line 2: a?[2J is not a setting; they are the flags of tern train with _ for -");
    check_refused(place, "lr = 'fast'\n", "line 1: lr must be a number");
    check_refused(place, "epochs = 1.5\n", "line 1: epochs must be a whole number");
    check_refused(place, "model = 3\n", "line 1: model must be a text in quotes");
    check_refused(place, "betas = [0.9]\n", "line 1: betas must be two numbers in brackets");
    check_refused(place, "betas = [0.9, 'x']\n", "line 1: betas must be two numbers in brackets");
    check_refused(place, "log_steps = 1\n", "line 1: log_steps must be true or false");
    check_refused(place, "[table]\nlr = 1\n",
                  "line 1: table is not a setting; they are the flags of tern train with _ for -");
    const std::string data = "data = 'synthetic'\n";
    check_refused(place, data + "lr = -1\n", "lr must be a number above 0, got -1");
    check_refused(place, data + "lr = nan\n", "lr must be a number above 0, got nan");
    check_refused(place, data + "batch_size = 0\n", "batch_size must be a whole number of at least 1, got 0");
    check_refused(place, data + "model = 'x'\n", to_text("model must be one of ", model_names(), ", got x"));
    check_refused(place, data + "momentum = 0.5\n", "momentum has no meaning for --optimizer adam");
    check_refused(place, std::string(1 << 20, '\n') + "\n", "has 1048577 bytes, expected at most 1048576");
    const test::Finished broken = plan(place, "lr = \n");
    CHECK(broken.status == 1);
    CHECK_THAT(broken.err, Catch::StartsWith("tern: [cfg.toml] line 1 is not TOML: "));
    CHECK(std::ranges::count(broken.err, '\n') == 1);
    // toml++ 3.3 takes such letters for unreachable where it looks for white space.
    for (const char* letter : {"\u00A1", "\uFEFE"}) {
        CHECK_THAT(plan(place, to_text(letter, " = 1\n")).err, Catch::StartsWith("tern: [cfg.toml] line 1 "));
    }
    const test::Finished none = run_tern(place, {"train", "--config", "none.toml"});
    CHECK(none.status == 1);
    CHECK(none.err == "tern: [none.toml] no such file\n");
}
