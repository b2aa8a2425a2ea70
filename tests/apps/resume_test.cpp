// Checkpoints and --resume, from outside: whole runs, so a ctest of their own (apps-resume).
#include <csignal>

#include <fcntl.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include "tern/core/files/file_descriptor.hpp"
#include "tern/core/files/safetensors.hpp"
#include "tern/tests/apps/program.hpp"
#include "tern/tests/catch.hpp"

using namespace tern;
using nlohmann::json;
using test::complaint;
using test::run_tern;
namespace fs = std::filesystem;

namespace {

const std::vector<std::string> kShort{"--epochs", "2", "--batch-size", "8", "--seed", "4", "--log-steps"};

std::vector<std::string> train_flags(const test::FolderWithSet& place, const std::string& run,
                                     const std::vector<std::string>& more) {
    std::vector<std::string> flags{"train", "--data", place.set, "--run", run};
    flags.insert(flags.end(), more.begin(), more.end());
    return flags;
}

std::vector<std::string> resume_flags(const std::string& run, const std::vector<std::string>& more = {}) {
    std::vector<std::string> flags{"train", "--resume", "--run", run};
    flags.insert(flags.end(), more.begin(), more.end());
    return flags;
}

void require_done(const test::Finished& done) {
    INFO(done.err);
    REQUIRE(done.status == 0);
}

// Log lines without what depends on time.
std::vector<json> log_lines_of(const fs::path& run) {
    std::istringstream lines(test::read_text(run / "metrics.jsonl"));
    std::vector<json> log_lines;
    for (std::string line; std::getline(lines, line);) {
        log_lines.push_back(json::parse(line));
        log_lines.back().erase("seconds");
        log_lines.back().erase("images_per_second");
    }
    return log_lines;
}

void check_same_end(const fs::path& a, const fs::path& b) {
    CHECK(test::read_text(a / "last.safetensors") == test::read_text(b / "last.safetensors"));
    CHECK(test::read_text(a / "best.safetensors") == test::read_text(b / "best.safetensors"));
    CHECK(fs::exists(a / "steps.jsonl") == fs::exists(b / "steps.jsonl"));
    CHECK(test::read_text(a / "steps.jsonl") == test::read_text(b / "steps.jsonl"));
    CHECK(log_lines_of(a) == log_lines_of(b));
}

std::vector<std::string> names_in(const fs::path& folder) {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(folder))
        names.push_back(entry.path().filename().string());
    std::ranges::sort(names);
    return names;
}

// Waits until `path` exists, for a minute at most.
void wait_for_file(const fs::path& path) {
    for (int i = 0; i < 6000 && !fs::exists(path); ++i) ::usleep(10'000);
    REQUIRE(fs::exists(path));
}

// The lines of standard error must be this one.
void check_failure(const test::Finished& done, int status, const std::string& line) {
    CHECK(done.status == status);
    CHECK(done.err == line + "\n");
}

}  // namespace

TEST_CASE("a run leaves checkpoints and links to the last and the best", "[.resume]") {
    const test::FolderWithSet place;
    require_done(
        run_tern(place, train_flags(place, "run", {"--epochs", "4", "--batch-size", "20", "--keep", "1"})));
    const std::vector<json> log_lines = log_lines_of(place / "run");
    REQUIRE(log_lines.size() == 4);
    std::size_t best = 0;
    for (std::size_t i = 1; i < log_lines.size(); ++i) {
        if (log_lines[i]["test_accuracy"] > log_lines[best]["test_accuracy"]) best = i;
    }
    const std::string best_name = to_text("step-", 2 * (best + 1));
    CHECK(fs::read_symlink(place / "run" / "last.safetensors") == "checkpoints/step-8/weights.safetensors");
    CHECK(fs::read_symlink(place / "run" / "best.safetensors") ==
          "checkpoints/" + best_name + "/weights.safetensors");
    std::vector<std::string> expected{best_name};
    if (best_name != "step-8") expected.emplace_back("step-8");
    CHECK(names_in(place / "run" / "checkpoints") == expected);
    CHECK(names_in(place / "run" / "checkpoints" / "step-8") ==
          std::vector<std::string>{"XXH128SUMS", "state.safetensors", "weights.safetensors"});
    CHECK(names_in(place / "run") == std::vector<std::string>{"best.safetensors", "checkpoints",
                                                              "config.toml", "last.safetensors",
                                                              "metrics.jsonl", "results.csv", "times.jsonl"});
}

TEST_CASE("a run made longer equals one that was that long", "[.resume]") {
    const test::FolderWithSet place;
    std::vector<std::string> whole = kShort, half = kShort;
    half[1] = "1";
    require_done(run_tern(place, train_flags(place, "whole", whole)));
    require_done(run_tern(place, train_flags(place, "parts", half)));
    const test::Finished done = run_tern(place, resume_flags("parts", {"--epochs", "2", "--threads", "1"}));
    require_done(done);
    CHECK_THAT(done.out, Catch::Contains("resumes after step 5\n"));
    check_same_end(place / "parts", place / "whole");
    CHECK_THAT(test::read_text(place / "parts" / "config.toml"), Catch::Contains("epochs = 2\n"));
    // Nothing is left to do then, and the last log line is printed again.
    const test::Finished again = run_tern(place, resume_flags("parts", {"--json"}));
    require_done(again);
    CHECK(json::parse(again.out)["epoch"] == 2);
    check_same_end(place / "parts", place / "whole");
}

TEST_CASE("Ctrl-C saves and ends, and the run continues bit for bit", "[.resume]") {
    const test::FolderWithSet place;
    const std::vector<std::string> flags{"--epochs", "40", "--batch-size", "8", "--log-steps"};
    for (const int signal : {SIGINT, SIGTERM}) {
        const std::string run = to_text("run-", signal);
        const pid_t child = test::start_tern(place, train_flags(place, run, flags));
        wait_for_file(place / run / "last.safetensors");
        ::kill(child, signal);
        const test::Finished stopped = test::wait_for(child, place);
        check_failure(stopped, 128 + signal,
                      to_text("tern: stopped; to continue: tern train --resume --run ", run));
        const std::size_t log_lines = log_lines_of(place / run).size();
        CHECK(log_lines >= 1);
        REQUIRE(log_lines < 40);
        // The steps that were done are kept, also within an epoch.
        const std::string name = fs::read_symlink(place / run / "last.safetensors").parent_path().filename();
        const std::string steps = test::read_text(place / run / "steps.jsonl");
        CHECK(name == to_text("step-", std::ranges::count(steps, '\n')));
        const std::string epochs = to_text(log_lines + 1);
        require_done(run_tern(place, resume_flags(run, {"--epochs", epochs})));
        std::vector<std::string> whole = flags;
        whole[1] = epochs;
        require_done(run_tern(place, train_flags(place, run + "-whole", whole)));
        check_same_end(place / run, place / (run + "-whole"));
    }
}

TEST_CASE("a killed run continues from its newest valid checkpoint", "[.resume]") {
    const test::FolderWithSet place;
    require_done(run_tern(place, train_flags(place, "whole", kShort)));
    require_done(run_tern(place, train_flags(place, "run", kShort)));
    // As if killed in the middle of the second epoch, and of a save.
    const fs::path checkpoints = place / "run" / "checkpoints";
    fs::create_directory(checkpoints / ".step-9.part-1");
    test::write_text(checkpoints / ".step-9.part-1" / "weights.safetensors", "half");
    test::write_text(place / "run" / ".config.toml.part-1", "half");
    const fs::path damaged = checkpoints / "step-10" / "weights.safetensors";
    const std::string whole = test::read_text(damaged);
    test::write_text(damaged, whole.substr(0, whole.size() / 2));
    const test::Finished done = run_tern(place, resume_flags("run"));
    CHECK(done.status == 0);
    CHECK(done.err ==
          "tern: skipped a checkpoint: [run/checkpoints/step-10/weights.safetensors] is damaged: its sum "
          "is "
          "not that of XXH128SUMS\n");
    CHECK_THAT(done.out, Catch::Contains("resumes after step 5\n"));
    check_same_end(place / "run", place / "whole");
    CHECK(names_in(checkpoints) == std::vector<std::string>{"step-10", "step-5"});
    CHECK_FALSE(fs::exists(place / "run" / ".config.toml.part-1"));
}

TEST_CASE("a run killed while it replaced its only checkpoint continues from that", "[.resume]") {
    const test::FolderWithSet place;
    std::vector<std::string> half = kShort;
    half[1] = "1";
    require_done(run_tern(place, train_flags(place, "whole", kShort)));
    require_done(run_tern(place, train_flags(place, "run", half)));
    // As where the file system cannot exchange two names, between the first one taken and the second given.
    const fs::path checkpoints = place / "run" / "checkpoints";
    fs::rename(checkpoints / "step-5", checkpoints / ".step-5.part-77.old");
    fs::create_directory(checkpoints / ".step-5.part-77");
    const test::Finished done = run_tern(place, resume_flags("run", {"--epochs", "2"}));
    require_done(done);
    CHECK_THAT(done.out, Catch::Contains("resumes after step 5\n"));
    check_same_end(place / "run", place / "whole");
    CHECK(names_in(checkpoints) == std::vector<std::string>{"step-10", "step-5"});
}

TEST_CASE("a run killed before its first checkpoint starts again", "[.resume]") {
    const test::FolderWithSet place;
    require_done(run_tern(place, train_flags(place, "whole", kShort)));
    fs::create_directory(place / "run");
    fs::copy_file(place / "whole" / "config.toml", place / "run" / "config.toml");
    test::write_text(place / "run" / "steps.jsonl", "{\"st");
    require_done(run_tern(place, resume_flags("run")));
    check_same_end(place / "run", place / "whole");
}

TEST_CASE("a validated run continues with what it held out, and knows that it ended early", "[.resume]") {
    const test::FolderWithSet place;
    std::vector<std::string> flags{
        "--model", "mlp",          "--epochs", "2",          "--batch-size", "8", "--lr",
        "1e-12",   "--validation", "0.5",      "--stratify", "--early-stop", "3", "--log-steps"};
    require_done(run_tern(place, train_flags(place, "parts", flags)));
    flags[3] = "9";
    const test::Finished whole = run_tern(place, train_flags(place, "whole", flags));
    require_done(whole);
    // With so low a rate nothing becomes better.
    const std::string told = "stopped early after epoch 4 of 9: 3 without a better validation accuracy\n";
    CHECK_THAT(whole.out, Catch::Contains(told));
    const test::Finished parts = run_tern(place, resume_flags("parts", {"--epochs", "9"}));
    require_done(parts);
    CHECK_THAT(parts.out, Catch::Contains(told));
    check_same_end(place / "parts", place / "whole");
    CHECK(log_lines_of(place / "parts").size() == 5);
    const test::Finished again = run_tern(place, resume_flags("parts"));
    require_done(again);
    CHECK_THAT(again.out, Catch::Contains(told));
    check_same_end(place / "parts", place / "whole");
    check_failure(run_tern(place, resume_flags("parts", {"--validation", "0.4"})), 2,
                  "tern: [--validation] the run in parts has 0.5, got 0.4");
    // More patience, one more epoch.
    const test::Finished patient = run_tern(place, resume_flags("parts", {"--early-stop", "4"}));
    require_done(patient);
    CHECK_THAT(patient.out, Catch::Contains("stopped early after epoch 5 of 9: 4 without"));
    CHECK(log_lines_of(place / "parts").size() == 6);
}

TEST_CASE("a taught run continues with the same teacher, wherever it lies", "[.resume]") {
    const test::FolderWithSet place;
    for (const char* seed : {"1", "2"})
        require_done(run_tern(place, train_flags(place, to_text("teacher-", seed),
                                                 {"--model", "mlp", "--steps", "3", "--seed", seed})));
    const std::string teacher = "teacher-1/last.safetensors", other = "teacher-2/last.safetensors";
    std::vector<std::string> flags{
        "--model", "mlp",         "--normalize", "unit",  "--epochs",      "1", "--batch-size",
        "8",       "--log-steps", "--teacher",   teacher, "--temperature", "2"};
    const test::Finished first = run_tern(place, train_flags(place, "parts", flags));
    require_done(first);
    CHECK_THAT(first.out,
               Catch::Contains("teacher: mlp of teacher-1/last.safetensors, weight 0.9, temperature 2\n"));
    require_done(run_tern(
        place, train_flags(place, "plain",
                           {"--model", "mlp", "--epochs", "1", "--batch-size", "8", "--log-steps"})));
    CHECK(test::read_text(place / "plain" / "steps.jsonl") !=
          test::read_text(place / "parts" / "steps.jsonl"));
    flags[5] = "2";
    require_done(run_tern(place, train_flags(place, "whole", flags)));
    check_failure(run_tern(place, resume_flags("parts", {"--epochs", "2", "--teacher", other})), 1,
                  "tern: [--teacher] the run was trained with other weights than those of " + other);
    check_failure(run_tern(place, resume_flags("parts", {"--temperature", "3"})), 2,
                  "tern: [--temperature] the run in parts has 2, got 3");
    check_failure(run_tern(place, resume_flags("plain", {"--epochs", "2", "--teacher", teacher})), 2,
                  "tern: [--teacher-weight] the run in plain has none, got 0.9");
    fs::copy_file(place / teacher, place / "moved.safetensors");
    require_done(run_tern(place, resume_flags("parts", {"--epochs", "2", "--teacher", "moved.safetensors"})));
    check_same_end(place / "parts", place / "whole");
}

TEST_CASE("a run continues only as it was begun", "[.resume]") {
    const test::FolderWithSet place;
    require_done(run_tern(place, train_flags(place, "run", kShort)));
    const std::string before = test::read_text(place / "run" / "config.toml");
    const auto check = [&](const std::vector<std::string>& more, int status, const std::string& line) {
        check_failure(run_tern(place, resume_flags("run", more)), status, "tern: " + line);
    };
    check({"--model", "mini_xception_dense"}, 2,
          "[--model] the run in run has mini_xception, got mini_xception_dense");
    check({"--batch-size", "16"}, 2, "[--batch-size] the run in run has 8, got 16");
    check({"--weight-decay", "0.1"}, 2, "[--weight-decay] the run in run has 0, got 0.1");
    check({"--optimizer", "sgd"}, 2, "[--optimizer] the run in run has adam, got sgd");
    check({"--epochs", "1"}, 2,
          "[--epochs] must not end before step 10, which the run has done, got 5 steps");
    check({"--steps", "4"}, 2, "[--steps] the run in run does not count these");
    check({"--init", "x"}, 2, to_text("[--init] the run in run has none, got ", (place / "x").string()));
    check({"--config", "x"}, 1, "[x] no such file");
    check({"--data", "synthetic"}, 1,
          "[--data] the run was trained on other samples than those of synthetic");
    check_failure(run_tern(place, resume_flags("")), 2,
                  "tern: [--run] must name a folder, got an empty name");
    check_failure(run_tern(place, {"train", "--resume"}), 2,
                  "tern: [--resume] needs --run, the folder of the run");
    check_failure(run_tern(place, resume_flags("none")), 1,
                  complaint("none") + "holds no run to continue (no config.toml)");
    CHECK(test::read_text(place / "run" / "config.toml") == before);
    CHECK(log_lines_of(place / "run").size() == 2);
}

TEST_CASE("a run continues with another learning rate, which is told and noted", "[.resume]") {
    const test::FolderWithSet place;
    const std::vector<std::string> flags{"--steps", "2", "--batch-size", "8", "--log-steps"};
    require_done(run_tern(place, train_flags(place, "run", flags)));
    const auto config = [&] { return test::read_text(place / "run" / "config.toml"); };
    const std::vector<std::string> faster{"--steps", "4", "--lr", "0.01"};
    std::vector<std::string> dry = faster;
    dry.emplace_back("--dry-run");
    const std::string before = config(), told = "from step 3 on the learning rate is 0.01; it was 0.001\n";
    CHECK_THAT(run_tern(place, resume_flags("run", dry)).out, Catch::Contains(told));
    CHECK(config() == before);
    const test::Finished done = run_tern(place, resume_flags("run", faster));
    require_done(done);
    CHECK_THAT(done.out, Catch::Contains("resumes after step 2\n" + told));
    CHECK_THAT(config(),
               Catch::Contains("lr = 0.01\n") && Catch::EndsWith("# after step 2: lr 0.001 -> 0.01\n"));
    // Plain goings on keep the new one, and the note.
    const test::Finished plain = run_tern(place, resume_flags("run", {"--steps", "5", "--lr", "0.010"}));
    require_done(plain);
    CHECK_THAT(plain.out, !Catch::Contains("learning rate"));
    // A config file says it as well.
    test::write_text(place / "cfg.toml", "lr = 1\nsteps = 6\n");
    require_done(run_tern(place, resume_flags("run", {"--config", "cfg.toml"})));
    CHECK_THAT(config(), Catch::Contains("lr = 1.0\n") && Catch::EndsWith("# after step 2: lr 0.001 -> 0.01\n"
                                                                          "# after step 5: lr 0.01 -> 1\n"));
    std::istringstream steps(test::read_text(place / "run" / "steps.jsonl"));
    std::vector<double> rates;
    for (std::string line; std::getline(steps, line);) rates.push_back(json::parse(line)["learning_rate"]);
    CHECK(rates == std::vector<double>{0.001, 0.001, 0.01, 0.01, 0.01, 1});
    // What a config file says otherwise must be as it was.
    test::write_text(place / "cfg.toml", "batch_size = 4\n");
    check_failure(run_tern(place, resume_flags("run", {"--config", "cfg.toml"})), 2,
                  "tern: [--batch-size] the run in run has 8, got 4");
}

TEST_CASE("a run with a schedule, averaged weights and batches that grow continues", "[.resume]") {
    const test::FolderWithSet place;
    const std::vector<std::string> flags{"--epochs",
                                         "3",
                                         "--batch-size",
                                         "8",
                                         "--optimizer",
                                         "muon",
                                         "--schedule",
                                         "cosine",
                                         "--warmup",
                                         "0.5",
                                         "--clip-norm",
                                         "1",
                                         "--ema",
                                         "0.9",
                                         "--decay",
                                         "weights",
                                         "--batch-schedule",
                                         "2@2,3@3",
                                         "--weight-decay",
                                         "0.01",
                                         "--log-steps",
                                         "--save-every",
                                         "4",
                                         "--keep",
                                         "9"};
    require_done(run_tern(place, train_flags(place, "whole", flags)));
    CHECK(log_lines_of(place / "whole").back()["batch_size"] == 24);
    require_done(run_tern(place, train_flags(place, "run", flags)));
    for (const char* later : {"step-8", "step-10"}) fs::remove_all(place / "run" / "checkpoints" / later);
    const test::Finished done = run_tern(place, resume_flags("run"));
    require_done(done);
    CHECK_THAT(done.out, Catch::Contains("resumes after step 5\n"));
    check_same_end(place / "run", place / "whole");
    check_failure(run_tern(place, resume_flags("run", {"--ema", "0.5"})), 2,
                  "tern: [--ema] the run in run has 0.9, got 0.5");
    // A run that is made longer follows the schedule of its new length.
    const test::Finished longer = run_tern(place, resume_flags("run", {"--epochs", "4", "--dry-run"}));
    require_done(longer);
    CHECK_THAT(
        longer.out,
        Catch::Contains("from step 11 on the schedule is that of 4 epochs; it was that of 3 epochs\n"));
}

TEST_CASE("a run begun before there was another rule for running statistics keeps its own", "[.resume]") {
    const test::FolderWithSet place;
    const std::vector<std::string> rule{"--batch-size", "8", "--running-statistics", "published", "--steps"};
    const auto train = [&](const std::string& run, const std::string& steps) {
        std::vector<std::string> flags = rule;
        flags.push_back(steps);
        require_done(run_tern(place, train_flags(place, run, flags)));
    };
    train("whole", "4");
    train("old", "2");
    std::string config = test::read_text(place / "old" / "config.toml");
    const std::string line = "running_statistics = 'published'\n";
    REQUIRE(config.find(line) != std::string::npos);
    config.erase(config.find(line), line.size());
    test::write_text(place / "old" / "config.toml", config);
    check_failure(run_tern(place, resume_flags("old", {"--running-statistics", "precise"})), 2,
                  "tern: [--running-statistics] the run in old has published, got precise");
    require_done(run_tern(place, resume_flags("old", {"--steps", "4"})));
    CHECK(test::read_text(place / "old" / "last.safetensors") ==
          test::read_text(place / "whole" / "last.safetensors"));
    CHECK_THAT(test::read_text(place / "old" / "config.toml"), Catch::Contains(line));
}

TEST_CASE("a run folder without any valid checkpoint, or in use", "[.resume]") {
    const test::FolderWithSet place;
    require_done(run_tern(place, train_flags(place, "run", {"--steps", "1", "--batch-size", "8"})));
    {
        const FileDescriptor lock(place / "run", O_RDONLY, "cannot be opened");
        REQUIRE(lock.try_lock() == Lock::taken);
        check_failure(run_tern(place, resume_flags("run")), 1,
                      complaint("run") + "another process is training in this folder");
    }
    const fs::path state = place / "run" / "checkpoints" / "step-1" / "state.safetensors";
    fs::remove(state);
    check_failure(run_tern(place, resume_flags("run")), 1,
                  "tern: skipped a checkpoint: [run/checkpoints/step-1/state.safetensors] no such file\n" +
                      complaint("run") + "has no valid checkpoint");
}

TEST_CASE("a loss that is not a number leaves the last checkpoint", "[.resume]") {
    const test::FolderWithSet place;
    std::vector<std::string> half = kShort;
    half[1] = "1";
    require_done(run_tern(place, train_flags(place, "run", half)));
    const std::string weights = test::read_text(place / "run" / "last.safetensors");
    std::string config = test::read_text(place / "run" / "config.toml");
    config.replace(config.find("lr = 0.001"), 10, "lr = 1e30");
    test::write_text(place / "run" / "config.toml", config);
    const test::Finished done = run_tern(place, resume_flags("run", {"--epochs", "2"}));
    CHECK(done.status == 1);
    CHECK_THAT(
        done.err,
        Catch::Matches(
            "tern: \\[train\\] the loss of step [0-9]+ is -?(nan|inf); a lower learning rate may help; the "
            "last checkpoint is run/checkpoints/step-5\n"));
    CHECK(test::read_text(place / "run" / "last.safetensors") == weights);
}

TEST_CASE("a full disk leaves the last checkpoint whole", "[.resume]") {
    const test::FolderWithSet place;
    const std::vector<std::string> flags{"--epochs", "4", "--batch-size", "20", "--keep", "1"};
    std::vector<std::string> shorter = flags;
    shorter[1] = "3";
    require_done(run_tern(place, train_flags(place, "whole", flags)));
    require_done(run_tern(place, train_flags(place, "run", shorter)));
    const std::vector<std::string> before = names_in(place / "run" / "checkpoints");
    const fs::path step = place / "run" / "checkpoints" / "step-6";
    const auto weights = fs::file_size(step / "weights.safetensors"),
               state = fs::file_size(step / "state.safetensors");
    REQUIRE(weights < state);
    const auto metrics = fs::file_size(place / "run" / "metrics.jsonl");
    const auto check = [&](rlim_t limit, const std::string& file, const std::string& before_it = "") {
        INFO(file);
        const pid_t child = test::start_tern(place, resume_flags("run", {"--epochs", "4"}), "", limit);
        check_failure(test::wait_for(child, place), 1,
                      before_it + complaint("run/" + file) +
                          "cannot be written: File too large; the last checkpoint is run/checkpoints/step-6");
        CHECK(names_in(place / "run" / "checkpoints") == before);
    };
    check(weights - 1, "checkpoints/step-8/weights.safetensors");
    check(state - 1, "checkpoints/step-8/state.safetensors");
    REQUIRE(fs::file_size(place / "run" / "config.toml") < metrics);
    REQUIRE(metrics < fs::file_size(place / "run" / "times.jsonl"));
    const char* const waits =
        "cannot be written: File too large; the run continues, its lines wait in memory\n";
    check(metrics + 10, "checkpoints/step-8/weights.safetensors",
          complaint("run/metrics.jsonl") + waits + complaint("run/times.jsonl") + waits);
    CHECK(log_lines_of(place / "run").size() == 3);
    require_done(run_tern(place, resume_flags("run")));
    check_same_end(place / "run", place / "whole");
}

TEST_CASE("a run does not continue on classes of other names") {
    const test::TemporaryFolder place;
    for (const std::string set : {"set", "named"}) {
        REQUIRE(run_tern(place, {"data", "synthesize", set, "--train-samples", "8", "--test-samples", "4",
                                 "--classes", "2"})
                    .status == 0);
    }
    test::write_text(place / "named" / "batches.meta.txt", "cat\ndog\n");
    REQUIRE(run_tern(place, {"train", "--data", "set", "--steps", "1", "--batch-size", "2", "--run", "run"})
                .status == 0);
    check_failure(run_tern(place, resume_flags("run", {"--data", "named", "--steps", "2"})), 1,
                  "tern: [--data] the run was trained on classes of other names than those of named");
    CHECK(run_tern(place, resume_flags("run", {"--steps", "2"})).status == 0);
}
