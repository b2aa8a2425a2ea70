// Wrong command lines: exit status 2 and one line that names the flag, the rule and the value.
#include <algorithm>

#include "tern/models/registry.hpp"
#include "tern/tests/apps/program.hpp"
#include "tern/tests/catch.hpp"

using namespace tern;
using test::run_tern;

namespace {

void check_usage(const std::vector<std::string>& arguments, const std::string& line) {
    const test::TemporaryFolder folder;
    const test::Finished done = run_tern(folder, arguments);
    CHECK(done.status == 2);
    CHECK(done.err == to_text("tern: ", line, "\n"));
    CHECK(done.out.empty());
    CHECK_FALSE(std::filesystem::exists(folder / "runs"));
}

// With --data synthetic, so that the flag is what is wrong.
void check_train(std::vector<std::string> arguments, const std::string& line) {
    arguments.insert(arguments.begin(), {"train", "--data", "synthetic"});
    check_usage(arguments, line);
}

}  // namespace

TEST_CASE("the command line must be whole") {
    const std::string commands =
        "train, evaluate, average, predict, prune, quantize, export, report, summary, tune, data, info, "
        "completion";
    check_usage({}, to_text("[tern] needs a command: ", commands, "; see tern --help"));
    check_usage({"fly"}, "[tern] no command fly, only " + commands);
    check_usage({"data", "--seed", "1"}, "[tern data] takes no --seed; see tern data --help");
    check_usage({"--fly"}, "[tern] takes no --fly; see tern --help");
    check_usage({"train", "--fly"}, "[tern train] takes no --fly; see tern train --help");
    check_usage({"train", "extra"}, "[tern train] takes no extra; see tern train --help");
    check_usage({"train", "--lr"}, "[--lr] takes one value, once; see tern train --help");
    check_usage({"train", "--lr", "1", "--lr", "2"}, "[--lr] takes one value, once; see tern train --help");
    check_usage({"train", "--json=maybe"}, "[--json] takes no value, or true or false, got maybe");
    check_usage({"train", ""}, "[tern train] takes no \"\"; see tern train --help");
    check_usage({"info", "train"}, "[tern info] takes no train; see tern info --help");
    for (const std::string command : {"evaluate", "predict", "summary", "data", "info"}) {
        check_usage({command, "--fly"},
                    to_text("[tern ", command, "] takes no --fly; see tern ", command, " --help"));
    }
    check_usage({"data"},
                "[tern data] needs a command: fetch, info, synthesize, import; see tern data --help");
    check_usage({"data", "fly"}, "[tern data] no command fly, only fetch, info, synthesize, import");
    for (const std::string command : {"info", "synthesize", "import"}) {
        check_usage({"data", command, "--fly"},
                    to_text("[tern data ", command, "] takes no --fly; see tern data ", command, " --help"));
        check_usage({"data", command, "a", "b"},
                    to_text("[tern data ", command, "] takes no b; see tern data ", command, " --help"));
    }
    const std::string data =
        "[--data] must name a folder with a data set, or be: synthetic (TERN_DATA says the "
        "same)";
    check_usage({"train"}, data);
    check_usage({"train", "--data", ""}, data);
    check_usage({"evaluate", "--data", "synthetic"}, "[--checkpoint] must name a weight file");
}

TEST_CASE("what is fetched") {
    check_usage({"data", "fetch", "a", "b"}, "[tern data fetch] takes no b; see tern data fetch --help");
    for (const std::string url : {"", "ftp://host/a", "file:///a", "host/a"}) {
        check_usage({"data", "fetch", "--url", url},
                    "[--url] must start with https:// or http://, got " + url);
    }
    const std::string md5 = "0123456789abcdef0123456789abcdef";
    check_usage({"data", "fetch", "--size", "1"}, "[--size] goes together with --md5");
    check_usage({"data", "fetch", "--md5", md5}, "[--md5] goes together with --size");
    check_usage({"data", "fetch", "--md5", md5, "--size", "0"},
                "[--size] must be a whole number of at least 1, got 0");
    for (const std::string& digits : {md5.substr(1), md5 + "0", md5.substr(1) + "g"}) {
        check_usage({"data", "fetch", "--size", "1", "--md5", digits},
                    "[--md5] must be 32 hexadecimal digits, got " + digits);
    }
    check_usage({"data", "fetch", "--patience", "0"},
                "[--patience] must be a whole number from 1 to 86400, got 0");
}

TEST_CASE("counts are whole numbers from 1") {
    for (const std::string flag : {"--batch-size", "--epochs", "--steps"}) {
        for (const std::string value : {"0", "-1", "1.5", "many", "", "1e3", "1 1", "99999999999999999999"}) {
            check_train({flag, value},
                        to_text("[", flag, "] must be a whole number of at least 1, got ", value));
        }
    }
    check_train({"--seed", "-1"}, "[--seed] must be a whole number of at least 0, got -1");
    check_train({"--threads", "0"}, "[--threads] must be a whole number from 1 to 4096, got 0");
    check_train({"--epochs", "1", "--steps", "1"}, "[--steps] cannot be given together with --epochs");
}

TEST_CASE("rates are finite numbers in their range") {
    for (const std::string value : {"nan", "inf", "-inf", "0", "-1", "fast", "1e999", "0x1p-3", ""}) {
        check_train({"--lr", value}, "[--lr] must be a number above 0, got " + value);
    }
    for (const std::string value : {"0", "1", "-0.2", "20%"}) {
        check_train({"--validation", value},
                    "[--validation] must be a number above 0 and below 1, got " + value);
    }
    check_train({"--label-smoothing", "1"},
                "[--label-smoothing] must be a number of at least 0 and below 1, got 1");
    check_train({"--optimizer", "sgd", "--momentum", "nan"},
                "[--momentum] must be a number of at least 0 and below 1, got nan");
    check_train({"--weight-decay", "-0.1"}, "[--weight-decay] must be a number of at least 0, got -0.1");
    check_train({"--epsilon", "-1e-8"}, "[--epsilon] must be a number of at least 0, got -1e-8");
    check_train({"--augment", "crop=4,rotate=200"},
                "[--augment] rotate must be a number above 0 and at most 180, got 200");
    check_train({"--early-size", "24"}, "[--early-size] must be pixels and epochs N,M, got 24");
    check_train({"--early-size", "24,0"}, "[--early-size] must be a whole number of at least 1, got 0");
    check_train({"--epochs", "2", "--early-size", "24,3"},
                "[--early-size] must end with the run's 2 epochs, got 3");
    check_train({"--betas", "0.9"}, "[--betas] must be two numbers X,X, got 0.9");
    check_train({"--betas", "0.9,1"}, "[--betas] must be a number of at least 0 and below 1, got 1");
    check_train({"--clip-norm", "0"}, "[--clip-norm] must be a number above 0, got 0");
    check_train({"--ema", "1"}, "[--ema] must be a number above 0 and below 1, got 1");
    check_train({"--warmup", "-1"}, "[--warmup] must be a number of at least 0, got -1");
    check_train({"--schedule", "step", "--milestones", "1,,2"},
                "[--milestones] must be a number above 0, got ");
    check_train({"--schedule", "step", "--lr-factor", "1"},
                "[--lr-factor] must be a number above 0 and below 1, got 1");
    check_train({"--batch-schedule", "2"},
                "[--batch-schedule] must be factors and epochs such as 2@11,4@16, got 2");
    check_train({"--batch-schedule", "2@1"},
                "[--batch-schedule] must be a whole number of at least 2, got 1");
    check_train({"--batch-schedule", "0@2"},
                "[--batch-schedule] must be a whole number of at least 1, got 0");
}

TEST_CASE("what goes with a validation alone") {
    const std::string needs = " needs --validation, the share of samples to hold out";
    check_train({"--stratify"}, "[--stratify]" + needs);
    check_train({"--early-stop", "2"}, "[--early-stop]" + needs);
    check_train({"--validation", "0.2", "--early-stop", "0"},
                "[--early-stop] must be a whole number of at least 1, got 0");
    check_train({"--validation", "0.2", "--early-stop", "2", "--steps", "3"},
                "[--early-stop] has no meaning for --steps 3");
}

TEST_CASE("what goes with a teacher alone") {
    check_train({"--teacher-weight", "0.5"}, "[--teacher-weight] needs --teacher, a weight file");
    check_train({"--temperature", "2"}, "[--temperature] needs --teacher, a weight file");
    for (const std::string value : {"0", "1.5", "nan"}) {
        check_train({"--teacher", "x", "--teacher-weight", value},
                    "[--teacher-weight] must be a number above 0 and at most 1, got " + value);
    }
    check_train({"--teacher", "x", "--temperature", "0"}, "[--temperature] must be a number above 0, got 0");
}

TEST_CASE("only names that exist are taken") {
    check_train({"--model", "resnet"}, to_text("[--model] must be one of ", model_names(), ", got resnet"));
    check_train({"--optimizer", "lion"},
                "[--optimizer] must be one of adam, adamw, muon, rmsprop, sgd, got lion");
    check_train({"--normalize", "zero"}, "[--normalize] must be one of unit, half, dataset, got zero");
    check_train({"--shuffle", "yes"}, "[--shuffle] must be one of on, off, got yes");
    check_train(
        {"--augment", "blur=1"},
        "[--augment] must be none, crop-flip, or a list of crop, flip, rotate, cutout, sharpen, brightness, "
        "contrast, saturation, hue, mixup, cutmix, got blur");
    check_train({"--running-statistics", "keras"},
                "[--running-statistics] must be one of precise, corrected, published, got keras");
    check_train(
        {"--schedule", "linear"},
        "[--schedule] must be one of constant, cosine, one-cycle, plateau, polynomial, step, got linear");
    check_train({"--decay", "biases"}, "[--decay] must be one of all, weights, got biases");
    check_train({"--precision", "float8"},
                "[--precision] must be one of float32, bfloat16, float16, float64, got float8");
    check_train({"--device", "tpu"}, "[--device] must be one of auto, cpu, cuda, cuda:N, got tpu");
    check_train({"--device", "cuda:-1"}, "[--device] must be one of auto, cpu, cuda, cuda:N, got cuda:-1");
    check_train({"--kernels", "fast"},
                "[--kernels] \"fast\" is none of cpu, cpu_bf16, cpu_winograd, cuda, cuda_mma, cudnn, ref");
    check_train({"--graph", "maybe"}, "[--graph] must be one of on, off, got maybe");
    check_train({"--device", "cpu", "--graph", "on"}, "[--graph] needs a CUDA device, got cpu");
    check_train({"--device", "cpu", "--kernels", "conv2d=cudnn"},
                "[--kernels] cudnn cannot run on cpu, got conv2d=cudnn");
    check_usage({"summary", "--model", "resnet"},
                to_text("[--model] must be one of ", model_names(), ", got resnet"));
    const auto check_evaluate = [](const std::string& flag, const std::string& value,
                                   const std::string& message) {
        check_usage({"evaluate", "--data", "synthetic", "--checkpoint", "x", flag, value},
                    to_text('[', flag, "] ", message, value));
    };
    check_evaluate("--split", "all", "must be one of test, train, got ");
    check_evaluate("--model", "resnet", to_text("must be one of ", model_names(), ", got "));
    check_evaluate("--normalize", "zero", "must be one of unit, half, dataset, got ");
    check_evaluate("--top-k", "0", "must be a whole number of at least 1, got ");
    check_evaluate("--batch-size", "0", "must be a whole number of at least 1, got ");
    check_evaluate("--threads", "0", "must be a whole number from 1 to 4096, got ");
    check_usage({"summary", "--classes", "0"}, "[--classes] must be a whole number from 1 to 1000, got 0");
    check_usage({"summary", "--checkpoint", "x", "--model", "lenet5"},
                "[--model] cannot be given together with --checkpoint");
    check_usage({"summary", "--checkpoint", "x", "--classes", "10"},
                "[--classes] cannot be given together with --checkpoint");
}

TEST_CASE("what predict and the commands about data take") {
    check_usage({"predict", "a.png"}, "[--checkpoint] must name a weight file");
    check_usage({"predict", "--checkpoint", "x"},
                "[tern predict] needs at least one image; see tern predict --help");
    const auto check_predict = [](const std::string& flag, const std::string& value,
                                  const std::string& message) {
        check_usage({"predict", "--checkpoint", "x", "a.png", flag, value},
                    to_text('[', flag, "] ", message, value));
    };
    check_predict("--top-k", "0", "must be a whole number of at least 1, got ");
    check_predict("--model", "resnet", to_text("must be one of ", model_names(), ", got "));
    check_predict("--normalize", "dataset", "must be one of unit, half, got ");
    check_predict("--batch-size", "0", "must be a whole number of at least 1, got ");
    check_predict("--device", "tpu", "must be one of auto, cpu, cuda, cuda:N, got ");
    check_usage({"data", "info"},
                "[DIR] must name a folder with a data set, or be: synthetic (TERN_DATA says the same)");
    check_usage({"data", "synthesize"}, "[DIR] must name the folder to make");
    const auto check_made = [](const std::string& flag, const std::string& value,
                               const std::string& message) {
        check_usage({"data", "synthesize", "set", flag, value}, to_text('[', flag, "] ", message, value));
    };
    check_made("--train-samples", "4", "must be a whole number from 5 to 1000000, got ");
    check_made("--test-samples", "0", "must be a whole number from 1 to 1000000, got ");
    check_made("--classes", "257", "must be a whole number from 1 to 256, got ");
    check_made("--seed", "-1", "must be a whole number of at least 0, got ");
    check_usage({"data", "import"}, "[FOLDER] must name a folder with one folder per class");
    check_usage({"data", "import", "x"}, "[--output] must name the folder to make");
    const auto check_import = [](const std::string& flag, const std::string& value,
                                 const std::string& message) {
        check_usage({"data", "import", "x", "--output", "y", flag, value},
                    to_text('[', flag, "] ", message, value));
    };
    check_import("--test-fraction", "0", "must be a number above 0 and below 1, got ");
    check_import("--test-fraction", "1", "must be a number above 0 and below 1, got ");
    check_import("--seed", "x", "must be a whole number of at least 0, got ");
    check_import("--duplicates", "drop", "must be one of skip, keep, got ");
}

TEST_CASE("flags of another optimizer or schedule are not skipped") {
    check_train({"--momentum", "0.9"}, "[--momentum] has no meaning for --optimizer adam");
    check_train({"--optimizer", "sgd", "--betas", "0.9,0.99"},
                "[--betas] has no meaning for --optimizer sgd");
    check_train({"--optimizer", "sgd", "--epsilon", "1"}, "[--epsilon] has no meaning for --optimizer sgd");
    check_train({"--optimizer", "rmsprop", "--nesterov"},
                "[--nesterov] has no meaning for --optimizer rmsprop");
    check_train({"--optimizer", "sgd", "--nesterov"}, "[--nesterov] needs a --momentum above 0");
    check_train({"--optimizer", "sgd", "--alpha", "0.9"}, "[--alpha] has no meaning for --optimizer sgd");
    check_train({"--auxiliary-lr", "1"}, "[--auxiliary-lr] has no meaning for --optimizer adam");
    check_train({"--final-lr", "0"}, "[--final-lr] has no meaning for --schedule constant");
    check_train({"--schedule", "cosine", "--milestones", "1"},
                "[--milestones] has no meaning for --schedule cosine");
    check_train({"--schedule", "cosine", "--lr-factor", "0.5"},
                "[--lr-factor] has no meaning for --schedule cosine");
    check_train({"--schedule", "cosine", "--power", "2"}, "[--power] has no meaning for --schedule cosine");
    check_train({"--schedule", "step", "--patience", "2"}, "[--patience] has no meaning for --schedule step");
    check_train({"--steps", "2", "--schedule", "plateau"},
                "[--schedule] plateau follows evaluations, of which a run of --steps has none");
}

TEST_CASE("help and version are not errors") {
    const test::TemporaryFolder folder;
    for (const char* command : {"train", "evaluate", "predict", "summary", "data", "info"}) {
        const test::Finished help = run_tern(folder, {command, "--help"});
        CHECK(help.status == 0);
        CHECK_THAT(help.out, Catch::Contains("Usage"));
        CHECK(help.err.empty());
    }
    const test::Finished version = run_tern(folder, {"--version"});
    CHECK(version.status == 0);
    CHECK_THAT(version.out, Catch::Matches("tern [0-9]+\\.[0-9]+\\.[0-9]+\n"));
}

TEST_CASE("numbers may have blanks around them and a plus sign") {
    const test::TemporaryFolder folder;
    const test::Finished done =
        run_tern(folder, {"train", "--data", "synthetic", "--dry-run", "--steps", " +5 ", "--lr", "+.5",
                          "--betas", "0.5, 0.75", "--epsilon", "1E-3\t"});
    INFO(done.err);
    REQUIRE(done.status == 0);
    for (const char* line : {"steps = 5\n", "lr = 0.5\n", "betas = [0.5, 0.75]\n", "epsilon = 0.001\n"})
        CHECK_THAT(done.out, Catch::Contains(line));
    for (const char* steps : {"+-5", "++5", "+", " ", "5 5", "1e1", "0x5", "5.0"}) {
        check_train({"--steps", steps},
                    to_text("[--steps] must be a whole number of at least 1, got ", steps));
    }
}
