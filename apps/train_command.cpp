#include <cstdio>
#include <filesystem>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "tern/apps/commands.hpp"
#include "tern/apps/config.hpp"
#include "tern/apps/console.hpp"
#include "tern/apps/data_flags.hpp"
#include "tern/apps/progress_bar.hpp"
#include "tern/apps/train_flags.hpp"
#include "tern/core/device_info.hpp"
#include "tern/core/memory.hpp"
#include "tern/training/run_folder.hpp"
#include "tern/training/weights.hpp"

namespace tern::apps {
namespace {

// What training needs, read and checked.
struct Workbench {
    Dataset train_set, test_set;
    Normalization normalization;
    std::unique_ptr<Module> model;
};

Workbench prepare(const TrainSettings& settings) {
    Workbench bench;
    bench.train_set = load_split(settings.data, Split::train);
    if (settings.plan.epochs > 0) bench.test_set = load_split(settings.data, Split::test);
    bench.normalization = make_normalization(settings.normalize, bench.train_set);
    const std::string name(settings.model->name);
    bench.model = make_model(name, {bench.train_set.class_count(), settings.plan.seed});
    bench.model->to(settings.runtime.precision);
    if (settings.init) load_weights(*bench.model, name, read_weights(*settings.init));
    bench.model->to(settings.runtime.device);
    return bench;
}

class TrainCommand {
  public:
    explicit TrainCommand(const TrainFlags& flags)
        : flags_(flags), settings_(flags.settings()), out_(flags.json ? stderr : stdout) {
        if (flags.run) RunFolder::check_free(*flags.run);
        bench_ = prepare(settings_);
    }

    void describe() const {
        const TrainingPlan& plan = settings_.plan;
        print(to_text(settings_.model->name, ", ", format_count(bench_.model->parameter_count()),
                      " parameters, on ", place(), ", ", settings_.runtime.precision));
        print(to_text(
            "data: ", one_line(bench_.train_set.source), ", ", format_count(bench_.train_set.size()),
            " records to train on in batches of ", plan.batch_size,
            settings_.data == "synthetic" ? "; made from a seed, its accuracy says nothing about CIFAR-10"
                                          : ""));
    }

    void dry_run() const {
        print(to_toml(settings_));
        print("Dry run: all is well, nothing was trained or written.");
    }

    void run() {
        const RunFolder folder = RunFolder::make(flags_.run, settings_.model->name);
        folder.write_config(to_toml(settings_));
        const Runtime& runtime = settings_.runtime;
        const BatchSource train(bench_.train_set, bench_.normalization, runtime.precision, runtime.device);
        std::optional<BatchSource> test;
        if (settings_.plan.epochs > 0)
            test.emplace(bench_.test_set, bench_.normalization, runtime.precision, runtime.device);
        const auto optimizer = make_optimizer(FlatParameters(*bench_.model), settings_.optimizer);
        const auto schedule = make_schedule(settings_.schedule, settings_.optimizer.learning_rate);

        ProgressBar bar;
        Trainer trainer(*bench_.model, *optimizer, *schedule, train, test ? &*test : nullptr, settings_.plan,
                        callbacks(folder, bar));
        print("epoch  train loss  train acc  test loss   test acc   seconds  images/s");
        finish(folder, trainer.run());
    }

  private:
    std::string place() const {
        const Device device = settings_.runtime.device;
        if (device.is_cpu()) return to_text(device, " (", settings_.runtime.threads, " threads)");
        return to_text(device, " (", device_info(device).name, ')');
    }

    TrainingCallbacks callbacks(const RunFolder& folder, ProgressBar& bar) const {
        TrainingCallbacks callbacks;
        callbacks.after_step = [&bar, epochs = settings_.plan.epochs](const TrainingProgress& progress) {
            bar.show(progress, epochs);
        };
        if (settings_.log_steps) {
            const auto steps = std::make_shared<LineFile>(folder.start_steps());
            callbacks.after_loss = [steps, precision = settings_.runtime.precision](const StepLoss& loss) {
                steps->append(loss.to_json(precision));
            };
        }
        const auto metrics = std::make_shared<LineFile>(folder.start_metrics());
        callbacks.after_row = [this, &bar, metrics, weights = folder.weights_file()](const MetricsRow& row) {
            bar.clear();
            save_weights(
                weights, *bench_.model,
                {std::string(settings_.model->name), bench_.train_set.classes, bench_.normalization});
            metrics->append(row.to_json());
            print_row(row);
        };
        return callbacks;
    }

    void print_row(const MetricsRow& row) const {
        const std::string test = row.test ? formatted("%9.4f  %9.4f", row.test->loss, row.test->accuracy)
                                          : formatted("%9s  %9s", "-", "-");
        print(formatted("%5lld  %10.4f  %9.4f  %s  %8.1f  %8.1f", static_cast<long long>(row.epoch),
                        row.train.loss, row.train.accuracy, test.c_str(), row.seconds,
                        row.images_per_second()));
    }

    void finish(const RunFolder& folder, const MetricsRow& row) const {
        const std::int64_t peak = memory_statistics(settings_.runtime.device).peak_bytes;
        print(to_text("weights: ", one_line(folder.weights_file().string())));
        print(to_text("peak memory of tensors on ", settings_.runtime.device, ": ",
                      format_bytes(static_cast<double>(peak))));
        if (!flags_.json) return;
        auto json = nlohmann::ordered_json::parse(row.to_json());
        json["model"] = settings_.model->name;
        json["run"] = folder.path().string();
        json["peak_memory_bytes"] = peak;
        std::puts(json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace).c_str());
    }

    void print(const std::string& line) const {
        std::fprintf(out_, "%s\n", line.c_str());
        std::fflush(out_);
    }

    const TrainFlags& flags_;
    TrainSettings settings_;
    std::FILE* out_;
    Workbench bench_;
};

}  // namespace

Run add_train_command(CLI::App& app) {
    const auto flags = std::make_shared<TrainFlags>();
    flags->add_to(app);
    return [flags] {
        TrainCommand command(*flags);
        command.describe();
        flags->dry_run ? command.dry_run() : command.run();
    };
}

}  // namespace tern::apps
