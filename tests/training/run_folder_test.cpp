// Run folders are fresh, or resumed by one process.
#include "tern/training/run_folder.hpp"

#include "tern/tests/catch.hpp"
#include "tern/tests/temporary_folder.hpp"
#include "tern/training/metrics.hpp"

using namespace tern;

namespace {

// Makes a folder the current one for a scope.
class CurrentFolder {
  public:
    explicit CurrentFolder(const std::filesystem::path& path) : previous_(std::filesystem::current_path()) {
        std::filesystem::current_path(path);
    }
    ~CurrentFolder() { std::filesystem::current_path(previous_); }
    CurrentFolder(const CurrentFolder&) = delete;
    CurrentFolder& operator=(const CurrentFolder&) = delete;

  private:
    std::filesystem::path previous_;
};

}  // namespace

TEST_CASE("without a name each run gets the next number") {
    const test::TemporaryFolder folder;
    const CurrentFolder current(folder.path());
    const RunFolder first = RunFolder::make({}, "model"), second = RunFolder::make({}, "model");
    CHECK_THAT(first.path().string(), Catch::Matches("runs/20[0-9]{2}-[0-9]{2}-[0-9]{2}-model-1"));
    CHECK_THAT(second.path().string(), Catch::EndsWith("-model-2"));
    CHECK(std::filesystem::is_directory(second.path()));
}

TEST_CASE("a folder that holds a run is refused") {
    const test::TemporaryFolder folder;
    CHECK(RunFolder::make(folder / "a", "model").path() == folder / "a");
    const RunFolder run = RunFolder::make(folder / "a", "model");  // empty so far
    run.write_config("x = 1\n");
    CHECK(test::read_text(folder / "a" / "config.toml") == "x = 1\n");
    CHECK_THROWS_WITH(RunFolder::make(folder / "a", "model"),
                      test::at(folder / "a") +
                          "holds a run already (config.toml); name another folder, or resume that run");
    std::filesystem::create_directories(folder / "b" / "checkpoints");
    CHECK_THROWS_WITH(RunFolder::make(folder / "b", "model"),
                      Catch::Contains("holds a run already (checkpoints)"));
    test::write_text(folder / "file", "");
    CHECK_THROWS_WITH(RunFolder::make(folder / "file", "model"),
                      Catch::StartsWith(test::at(folder / "file") + "cannot be made: "));
}

TEST_CASE("where no run folder can be made is told before there is a run") {
    const test::TemporaryFolder folder;
    const CurrentFolder current(folder.path());
    CHECK_NOTHROW(RunFolder::check_free({}));
    CHECK_NOTHROW(RunFolder::check_free("a/b/c"));
    CHECK_NOTHROW(RunFolder::check_free("/dev/shm"));  // a mount point can be filled
    test::write_text(folder / "file", "");
    CHECK_THROWS_WITH(RunFolder::check_free("file/run"), "[file/run] cannot be made: Not a directory");
    CHECK_THROWS_WITH(RunFolder::check_free("/proc/run"), Catch::StartsWith("[/proc/run] cannot be made: "));
    std::filesystem::create_symlink("there", folder / "link");
    CHECK_NOTHROW(RunFolder::check_free("link"));
    CHECK(std::filesystem::is_symlink("link"));
    CHECK(RunFolder::make("link", "model").path() == "link");
    CHECK(std::filesystem::is_directory(folder / "there"));
    test::write_text(folder / "runs", "");
    CHECK_THROWS_WITH(RunFolder::check_free({}), "[runs] cannot be made: Not a directory");
}

TEST_CASE("a run is gone on with where there is one, by one process") {
    const test::TemporaryFolder folder;
    CHECK_THROWS_WITH(RunFolder::open(folder / "none"),
                      test::at(folder / "none") + "holds no run to continue (no config.toml)");
    {
        const RunFolder run = RunFolder::make(folder / "a", "model");
        run.write_config("x = 1\n");
        CHECK_THROWS_WITH(RunFolder::open(folder / "a"),
                          test::at(folder / "a") + "another process is training in this folder");
    }
    CHECK(RunFolder::open(folder / "a").path() == folder / "a");
}

TEST_CASE("log lines and steps as JSON") {
    LogLine line{2, {1.5, {{"accuracy", 0.25}}, 100}, TotalsRead{1.25, {{"accuracy", 0.5}}, 10}, 4, 0.001};
    CHECK(line.to_json() ==
          R"({"epoch":2,"train_loss":1.5,"train_accuracy":0.25,"test_loss":1.25,"test_accuracy":0.5,)"
          R"("seconds":4.0,"images_per_second":25.0,"learning_rate":0.001})");
    line.test.reset();
    CHECK_THAT(line.to_json(), Catch::Contains(R"("test_loss":null,"test_accuracy":null)"));
    const StepLoss loss{3, 0.1, 1e-3};
    CHECK(loss.to_json(DType::float32) == R"({"step":3,"loss":0.1,"learning_rate":0.001})");
    CHECK(loss.to_json(DType::float64) == R"({"step":3,"loss":0.10000000000000001,"learning_rate":0.001})");
}
