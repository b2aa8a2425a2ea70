#include <cstdio>
#include <filesystem>

#include <nlohmann/json.hpp>
#include <sys/resource.h>

#include "tern/apps/commands.hpp"
#include "tern/apps/config.hpp"
#include "tern/apps/console.hpp"
#include "tern/apps/interrupt.hpp"
#include "tern/apps/output_flag.hpp"
#include "tern/apps/progress_bar.hpp"
#include "tern/apps/ranks.hpp"
#include "tern/apps/schedule_plot.hpp"
#include "tern/apps/tuning_file.hpp"
#include "tern/apps/work_log.hpp"
#include "tern/apps/workbench.hpp"
#include "tern/core/devices/device_info.hpp"
#include "tern/core/files/file.hpp"
#include "tern/core/files/output.hpp"
#include "tern/core/memory/memory.hpp"
#include "tern/core/xxh128.hpp"
#include "tern/distributed/nccl_communicator.hpp"
#include "tern/distributed/share.hpp"
#include "tern/kernels/shared/simd.hpp"
#include "tern/layers/state.hpp"
#include "tern/training/chrome_trace.hpp"
#include "tern/training/dataset_checksum.hpp"
#include "tern/training/local_replicas.hpp"
#include "tern/training/run_record.hpp"
#include "tern/training/saved_run.hpp"
#include "tern/training/weights_info.hpp"

namespace tern::apps {
namespace {

// Of the process so far: tensors, samples, code.
std::int64_t peak_resident_bytes() {
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    return std::int64_t{usage.ru_maxrss} * 1024;
}

class TrainCommand {
  public:
    explicit TrainCommand(const TrainFlags& flags)
        : flags_(flags), out_(flags.json ? stderr : text_stream(flags.trace)) {
        if (flags.run && flags.run->empty()) usage_error("--run", "must name a folder, got an empty name");
        if (flags.resume && flags.run) {
            open_run(*flags.run);
        } else {
            settings_ = flags.config ? settings_with(flags, read_config(*flags.config), *flags.config)
                                     : flags.settings();
            check_apart();
            if (is_first_rank())
                RunFolder::check_free(flags.run ? std::optional<std::filesystem::path>(*flags.run)
                                                : std::nullopt);
        }
        check_ranks();
        check_trace();
        ranks().set_timeout(settings_.timeout);
        apply(settings_.runtime);
        bench_ = make_workbench(settings_, weights_to_start_from());
        share_widths();
        check_data();
        if (ranks().size() > 1) check_agreement(what_all_ranks_have());
        optimizer_ = make_optimizer(FlatParameters(*bench_.model), settings_.optimizer);
        settings_.schedule.learning_rate = settings_.optimizer.learning_rate;
        schedule_ = make_schedule(settings_.schedule, length());
    }

    void describe() {
        const TrainingPlan& plan = settings_.plan;
        print(to_text(settings_.model->name, ", ", format_count(bench_.model->parameter_count()),
                      " parameters, on ", place(), ", ", settings_.runtime.precision));
        if (plan.replicas > 1)
            print(to_text(plan.replicas, " replicas on ", ranks().size(),
                          ranks().size() == 1 ? " rank" : " ranks",
                          plan.sync_batch_norm ? ", with synced batch norms" : ""));
        if (const std::string note = binding_note(); !note.empty()) print(note);
        print(to_text(
            "data: ", one_line(bench_.train_set.source), ", ", format_count(bench_.train_samples()),
            " samples to train on in batches of ", plan.batch_size, growth(),
            bench_.held_out ? to_text(", ", format_count(bench_.held_out->validation.numel()), " held out")
                            : "",
            settings_.data == "synthetic" ? "; made from a seed, its accuracy says nothing about CIFAR-10"
                                          : ""));
        if (bench_.train_set.reader)
            print(to_text("images are read from their files in each epoch, by ",
                          settings_.workers > 0
                              ? to_text(settings_.workers, settings_.workers == 1 ? " worker" : " workers",
                                        " ahead of the steps")
                              : "the steps; --workers N reads them ahead"));
        for (const std::string& note : bench_.notes) print(note);
        if (checkpoint_) print(to_text("resumes after step ", state_.position.step));
        if (former_lr_)
            print(to_text("from step ", state_.position.step + 1, " on the learning rate is ",
                          shortest(settings_.optimizer.learning_rate), "; it was ", *former_lr_));
        if (former_length_)
            print(to_text("from step ", state_.position.step + 1, " on the schedule is that of ",
                          length_text(), "; it was that of ", *former_length_));
    }

    void plot_schedule(const std::string& file) {
        if (!is_first_rank()) return;
        if (settings_.schedule.name == "plateau")
            usage_error("--plot-schedule", "a plateau follows evaluations: its rates are not known before");
        const std::string svg = schedule_svg(settings_.schedule.name, *schedule_, length());
        write_output(file, std::as_bytes(std::span(svg)));
        print(to_text("schedule: ", one_line(file), "; nothing was trained"));
    }

    void dry_run() {
        print(to_toml(settings_));
        print("Dry run: all is well, nothing was trained or written.");
    }

    void run() {
        if (is_first_rank()) make_folder();
        if (is_first_rank() && flags_.trace) check_output(*flags_.trace);
        const Runtime& runtime = settings_.runtime;
        DatasetSourceOptions prepared{bench_.normalization, runtime.precision, runtime.device};
        prepared.streamed = runtime.device.is_cuda() && !fits(bench_.train_set, runtime.device);
        std::optional<DatasetSource> test;
        if (settings_.plan.epochs > 0) test.emplace(bench_.test_set, prepared);
        prepared.augmentation = settings_.augmentation;
        prepared.early_epochs = settings_.early_epochs;
        prepared.early_size = settings_.early_size;
        if (bench_.held_out) prepared.partners = bench_.held_out->train;
        const DatasetSource samples(bench_.train_set, prepared);
        std::optional<SubsetSource> trained_on, validation;
        if (bench_.held_out) {
            trained_on.emplace(samples, bench_.held_out->train);
            if (test) validation.emplace(samples, bench_.held_out->validation);
        }

        const std::unique_ptr<Communicator> gpus =
            ranks().size() > 1 && runtime.device.is_cuda()
                ? make_nccl_communicator(ranks(), runtime.device, settings_.timeout)
                : nullptr;

        ProgressBar bar;
        const SignalWatch watch;
        std::optional<RunRecord> record;
        WorkLog log(*bench_.model, flags_.trace, [&bar](const std::string& line) {
            bar.clear();
            warn(line);
        });
        Trainer trainer({.model = *bench_.model,
                         .optimizer = *optimizer_,
                         .train = trained_on ? static_cast<const BatchSource&>(*trained_on) : samples,
                         .validation = validation ? &*validation : nullptr,
                         .test = test ? &*test : nullptr,
                         .schedule = schedule_.get(),
                         .loss = cross_entropy_loss(settings_.label_smoothing),
                         .test_loss = cross_entropy_loss(),
                         .teacher = bench_.teacher.get(),
                         .plan = settings_.plan,
                         .callbacks = callbacks(record, bar, watch, log),
                         .communicator = gpus ? gpus.get() : &ranks(),
                         .exchange = settings_.exchange_options,
                         .workers = static_cast<int>(settings_.workers)});
        if (checkpoint_) checkpoint_->load(trainer);
        if (state_.position.step > trainer.total_steps())
            usage_error(settings_.plan.steps > 0 ? "--steps" : "--epochs", "must not end before step ",
                        state_.position.step, ", which the run has done, got ", trainer.total_steps(),
                        " steps");
        if (is_first_rank()) begin_record(record, bar);
        print(validation ? "epoch  train loss  train acc   val loss    val acc   seconds  images/s"
                         : "epoch  train loss  train acc  test loss   test acc   seconds  images/s");
        train_to_the_end(trainer, record, bar);
        if (trainer.stopped()) {
            bar.clear();
            log.finish();
            throw Interrupted(common_signal(watch),
                              to_text("stopped; to continue: tern train --resume --run ",
                                      folder_ ? folder_->path().string() : ""));
        }
        tell_best(trainer, validation.has_value());
        std::optional<TestLine> tested;
        if (validation) tested = test_best(trainer, *bench_.model, record ? &*record : nullptr);
        if (tested)
            print(formatted("tests, looked at once, with the weights of epoch %lld: loss %.4f, accuracy %.4f",
                            static_cast<long long>(tested->best_epoch), tested->test.loss,
                            tested->test.metric("accuracy")));
        if (record) record->finish();
        const std::int64_t steps = trainer.position().step - state_.position.step;
        const std::vector<std::string> costs =
            gather_texts(ranks(), costs_json(steps).dump(), "what exchanges cost");
        if (record) finish(*record, tested, steps, costs);
        log.finish();
    }

  private:
    // The run to continue: its settings, and its newest checkpoint if it has one yet. The first rank reads both.
    void open_run(const std::string& folder) {
        std::string config, tuning;
        if (is_first_rank()) {
            folder_.emplace(RunFolder::open(folder));
            config = read_config_text(folder_->config_file().string());
            if (std::filesystem::exists(folder_->tuning_file()))
                tuning = read_text_file(folder_->tuning_file(), kLongestTuning);
        }
        const std::string file = (std::filesystem::path(folder) / "config.toml").string();
        ConfigValues values =
            parse_config(share_text(ranks(), config, "the run's settings"), file, train_settings());
        tuning = share_text(ranks(), tuning, "the run's tuning table");
        values.emplace("running_statistics", "published");  // the only rule before there was a key
        values.emplace("replicas", "1");
        values.erase("tuning");  // its own copy, wherever the one is that it was given
        TrainFlags flags = flags_;
        if (flags.config) fill_flags(flags, read_config(*flags.config));
        check_same_names(flags, values, folder);
        settings_ = settings_with(flags, values, file);
        if (!flags.has("tuning") && !tuning.empty())
            settings_.runtime.set_tuning((std::filesystem::path(folder) / "tuning.toml").string(), tuning);
        check_same_run(settings_, values, folder);
        const auto lr = values.find("lr");
        if (lr != values.end() && lr->second != shortest(settings_.optimizer.learning_rate))
            former_lr_ = lr->second;
        const bool counts_steps = settings_.plan.steps > 0;
        const std::string& then = values.at(counts_steps ? "steps" : "epochs");
        const std::string& schedule = settings_.schedule.name;
        if (schedule != "constant" && schedule != "step" && schedule != "plateau" &&
            then != std::to_string(counts_steps ? settings_.plan.steps : settings_.plan.epochs))
            former_length_ = then + (counts_steps ? " steps" : " epochs");
        // Another implementation of an operation gives other bits.
        if (settings_.runtime.tuning_text != tuning)
            usage_error("--tuning", "the run in ", one_line(folder), " has ",
                        tuning.empty() ? "no table" : "another table");
        if (!is_first_rank()) return;
        checkpoint_ = newest_checkpoint(folder, [](const std::string& why) {
            std::fprintf(stderr, "tern: skipped a checkpoint: %s\n", one_line(why).c_str());
        });
        if (checkpoint_) state_ = checkpoint_->state;
    }

    // Where training writes nothing.
    void check_apart() const {
        std::error_code error;
        if (flags_.run && std::filesystem::equivalent(*flags_.run, settings_.data, error))
            usage_error("--run", "must not be the folder of --data, got ", *flags_.run);
    }

    // One in the run's folder can be made when that is.
    void check_trace() const {
        if (!flags_.trace || !is_first_rank()) return;
        trace_ranges();
        if (flags_.json && is_standard_output(*flags_.trace))
            usage_error("--trace", "cannot be standard output with --json, got ", *flags_.trace);
        const std::filesystem::path file = *flags_.trace, run = flags_.run.value_or("");
        const bool comes_with_run = file.has_filename() && flags_.run && !flags_.resume &&
                                    (run / file.filename()).lexically_normal() == file.lexically_normal();
        if (!comes_with_run) check_output_flag("--trace", file);
    }

    void check_ranks() const {
        const TrainingPlan& plan = settings_.plan;
        const int count = ranks().size();
        try {
            share_of(plan.replicas, ranks().rank(), count);
        } catch (const Error& error) {
            usage_error("--replicas", error.rule());
        }
        if (plan.batch_size < plan.replicas)
            usage_error("--batch-size", "must be at least the ", plan.replicas, " replicas, got ",
                        plan.batch_size);
        if (plan.sync_batch_norm && plan.replicas != count)
            usage_error("--sync-batch-norm", "needs one replica on each rank, got ", plan.replicas,
                        " replicas on ", count, count == 1 ? " rank" : " ranks");
        const bool shortens = settings_.exchange_options.type != ExchangeType::float32;
        if (shortens && plan.replicas == 1)
            usage_error("--exchange-type", "must be float32 for one replica, which sends nothing");
        if (shortens && settings_.runtime.precision == DType::float16 && plan.local.steps == 0)
            usage_error("--exchange-type",
                        "must be float32 with --precision float16, whose gradients are scaled");
        if (plan.local.steps > 0 && plan.sync_batch_norm)
            usage_error("--sync-batch-norm", "has no meaning for --local-steps ", plan.local.steps);
        if (plan.local.steps > 0 && plan.average_decay > 0)
            usage_error("--ema", "has no meaning for --local-steps ", plan.local.steps);
        const Device device = settings_.runtime.device;
        if (plan.graph && !device.is_cuda()) usage_error("--graph", "needs a CUDA device, got ", device);
        if (plan.graph && (plan.replicas > 1 || plan.local.steps > 0))
            usage_error("--graph", "is for one replica, got ", plan.replicas,
                        plan.local.steps > 0 ? " that train apart" : "");
        if (std::string why_not; count > 1 && device.is_cuda() && !nccl_available(&why_not))
            usage_error("--device", "several ranks train on GPUs with NCCL only, got ", device, ", and ",
                        why_not);
    }

    RunLength length() const { return RunLength(settings_.plan, bench_.train_samples()); }

    std::string length_text() const {
        const TrainingPlan& plan = settings_.plan;
        return plan.steps > 0 ? to_text(plan.steps, " steps") : to_text(plan.epochs, " epochs");
    }

    std::string growth() const {
        std::string text;
        for (const auto& [epoch, factor] : settings_.plan.batch_growth)
            text += to_text(", from epoch ", epoch, " on of ", factor * settings_.plan.batch_size);
        return text;
    }

    // Of the first rank, which sends them to the others.
    std::optional<std::filesystem::path> weights_to_start_from() {
        if (!is_first_rank()) settings_.init.reset();
        return checkpoint_ ? std::optional(checkpoint_->weights()) : std::nullopt;
    }

    // The other ranks get the weights themselves when training starts.
    void share_widths() {
        const std::string text =
            share_text(ranks(), is_first_rank() ? widths_text(bench_.widths) : "", "the widths of the model");
        if (is_first_rank()) return;
        bench_.widths = parse_widths("the first rank", text);
        narrow(*bench_.model, bench_.widths, bench_.train_set.sample_shape());
    }

    // Named as in messages: what decides the bits that a rank computes.
    std::vector<std::pair<std::string, std::string>> what_all_ranks_have() const {
        const auto sum = [](const std::string& text) { return xxh128(std::as_bytes(std::span(text))); };
        std::vector<std::pair<std::string, std::string>> values{
            {"a program with sum", xxh128(read_bytes("/proc/self/exe"))}, {"SIMD target", simd_target()}};
        for (const Setting& setting : train_settings()) {
            const bool its_own = setting.name == "threads" || setting.name == "workers" ||
                                 setting.name == "data" || setting.name == "init" ||
                                 setting.name == "teacher" || setting.name == "tuning" ||
                                 setting.name == "device";
            if (!its_own) values.push_back({flag_of(setting.name), setting.text(settings_).value_or("none")});
        }
        values.push_back({"--device", settings_.runtime.device.is_cpu() ? "cpu" : "cuda"});
        values.push_back({"a --tuning table with sum", sum(settings_.runtime.tuning_text)});
        values.push_back({"a --teacher with sum", state_.teacher_checksum});
        values.push_back({"training samples in --data", to_text(shape_of(bench_.train_set))});
        values.push_back({"training samples in --data with sum", state_.data_checksum});
        if (settings_.plan.epochs > 0)
            values.push_back({"test samples in --data with sum", dataset_checksum(bench_.test_set)});
        return values;
    }

    void make_folder() {
        if (!folder_) folder_.emplace(RunFolder::make(flags_.run, settings_.model->name));
        if (!folder_->locked())
            warn(to_text('[', folder_->path().string(),
                         "] the file system has no locks: let no other process train in this folder"));
    }

    void begin_record(std::optional<RunRecord>& record, ProgressBar& bar) {
        tidy_run(folder_->path(), warn);
        if (const std::string& table = settings_.runtime.tuning_text; !table.empty())
            write_output(folder_->tuning_file(), std::as_bytes(std::span(table)));
        folder_->write_config(to_toml(settings_) + config_comments());
        record.emplace(*folder_, record_options(bar), state_);
    }

    // That which a rank got, wherever.
    static int common_signal(const SignalWatch& watch) {
        int signal = 0;
        for (const std::string& one : gather_texts(ranks(), std::to_string(watch.signal()), "the signal"))
            signal = std::max(signal, std::stoi(one));
        return signal;
    }

    RunRecordOptions record_options(ProgressBar& bar) const {
        return {
            .keep = settings_.keep,
            .log_steps = settings_.log_steps,
            .log_times = true,
            .tensorboard = settings_.tensorboard,
            .precision = settings_.runtime.precision,
            .info = WeightsInfo{std::string(settings_.model->name), bench_.train_set.classes,
                                bench_.normalization, bench_.train_set.sample_shape(), false, bench_.widths},
            .warn = [&bar](const std::string& line) {
                bar.clear();
                warn(line);
            }};
    }

    // Those that the run's config has, and one for another learning rate: a log of what was changed when.
    std::string config_comments() const {
        const std::filesystem::path config = folder_->config_file();
        std::string comments;
        if (std::filesystem::exists(config)) comments = comments_of(read_config_text(config));
        if (former_lr_)
            comments += to_text("# after step ", state_.position.step, ": lr ", *former_lr_, " -> ",
                                shortest(settings_.optimizer.learning_rate), '\n');
        return comments;
    }

    void check_data() {
        const std::string checksum = dataset_checksum(bench_.train_set);
        TERN_CHECK(!checkpoint_ || state_.data_checksum == checksum, "--data",
                   "the run was trained on other samples than those of ", bench_.train_set.source);
        state_.data_checksum = checksum;
        TERN_CHECK(!checkpoint_ || state_.teacher_checksum == bench_.teacher_checksum, "--teacher",
                   "the run was trained with other weights than those of ",
                   settings_.teacher.value_or("none"));
        state_.teacher_checksum = bench_.teacher_checksum;
    }

    // Of all images.
    static Shape shape_of(const Dataset& set) {
        const Shape image = set.sample_shape();
        return {set.size(), image[0], image[1], image[2]};
    }

    // Into half of the memory that is free, beside what training takes.
    static bool fits(const Dataset& set, Device device) {
        return set.reader || set.samples.bytes() <= device_info(device).free_bytes / 2;
    }

    std::string place() const {
        const Device device = settings_.runtime.device;
        if (device.is_cpu()) return to_text(device, " (", settings_.runtime.threads, " threads)");
        return to_text(device, " (", device_info(device).name, ')');
    }

    // The first rank shows and records; all hear signals.
    TrainingCallbacks callbacks(std::optional<RunRecord>& record, ProgressBar& bar, const SignalWatch& watch,
                                WorkLog& log) {
        TrainingCallbacks callbacks;
        callbacks.stop = [&watch] { return watch.signal() != 0; };
        if (flags_.trace) callbacks.after_step = [&log](const TrainingProgress&) { log.count_step(); };
        callbacks.after_log_line = [&log](const LogLine& line) { log.times_line(line.epoch); };
        if (!is_first_rank()) return callbacks;
        callbacks.after_step = [this, &bar, &log](const TrainingProgress& progress) {
            bar.show(progress, settings_.plan.epochs);
            if (flags_.trace) log.count_step();
        };
        if (settings_.log_steps)
            callbacks.after_loss = [&record](const StepLoss& loss) { record->add(loss); };
        callbacks.after_log_line = [this, &record, &bar, &log](const LogLine& line) {
            bar.clear();
            record->add(line);
            print_log_line(line);
            record->add_times(log.times_line(line.epoch));
        };
        callbacks.save = [this, &record](const TrainingPosition& position, const NamedTensors& state) {
            record->save(position, *bench_.model, state);
        };
        return callbacks;
    }

    void train_to_the_end(Trainer& trainer, const std::optional<RunRecord>& record, ProgressBar& bar) const {
        try {
            trainer.run(state_.position);
        } catch (const Error& error) {
            bar.clear();
            const auto last = record ? record->last_checkpoint() : std::nullopt;
            if (!last) throw;
            fail(error.where(), error.rule(), "; the last checkpoint is ", last->string());
        }
    }

    void tell_best(const Trainer& trainer, bool validates) {
        if (trainer.stopped_early())
            print(to_text("stopped early after epoch ", trainer.position().epoch - 1, " of ",
                          settings_.plan.epochs, ": ", settings_.plan.early_stop,
                          " without a better validation accuracy"));
        if (settings_.plan.epochs > 0 && !validates)
            print(
                "best.safetensors was chosen on the tests, which so flatter it; --validation holds out "
                "samples "
                "for that");
    }

    void print_log_line(const LogLine& line) {
        const std::optional<TotalsRead>& held = line.validation ? line.validation : line.test;
        const std::string test = held ? formatted("%9.4f  %9.4f", held->loss, held->metric("accuracy"))
                                      : formatted("%9s  %9s", "-", "-");
        print(formatted("%5lld  %10.4f  %9.4f  %s  %8.1f  %8.1f", static_cast<long long>(line.epoch),
                        line.train.loss, line.train.metric("accuracy"), test.c_str(), line.seconds,
                        line.images_per_second()));
    }

    // Those of the steps alone: what is sent at the start, for evaluations and for checkpoints is left out.
    std::vector<ExchangeCost> costs_of_steps(std::int64_t steps) const {
        if (steps == 0) return {};
        const std::int64_t meetings = steps / std::max<std::int64_t>(settings_.plan.local.steps, 1);
        std::vector<ExchangeCost> costs = exchange_costs();
        std::erase_if(costs, [&](const ExchangeCost& cost) {
            return cost.operations < meetings || cost.what == Trainer::kStart ||
                   cost.what == LocalReplicas::kGathering || cost.what == WorkLog::kTimes ||
                   cost.what == WorkLog::kTrace;
        });
        return costs;
    }

    nlohmann::ordered_json costs_json(std::int64_t steps) const {
        auto all = nlohmann::ordered_json::array();
        for (const ExchangeCost& cost : costs_of_steps(steps))
            all.push_back({{"rank", ranks().rank()},
                           {"what", cost.what},
                           {"operations", cost.operations},
                           {"bytes", cost.bytes},
                           {"seconds", cost.under_way},
                           {"waited_seconds", cost.waited}});
        return all;
    }

    void print_exchange(std::int64_t steps) {
        ExchangeCost all;
        for (const ExchangeCost& cost : costs_of_steps(steps)) {
            all.bytes += cost.bytes;
            all.under_way += cost.under_way;
            all.waited += cost.waited;
        }
        if (all.bytes == 0) return;
        const auto count = static_cast<double>(steps);
        print(to_text("exchange with other ranks: ", format_bytes(static_cast<double>(all.bytes) / count),
                      " sent a step, ",
                      formatted("%.2f ms under way, %.2f ms of it waited for", 1e3 * all.under_way / count,
                                1e3 * all.waited / count)));
    }

    // `costs`: costs_json() of each rank.
    void finish(const RunRecord& record, const std::optional<TestLine>& tested, std::int64_t steps,
                const std::vector<std::string>& costs) {
        const std::int64_t peak = memory_statistics(settings_.runtime.device).peak_bytes;
        const auto weights = [&](const std::filesystem::path& link) { return one_line(link.string()); };
        print(to_text(
            "weights: ", weights(record.checkpoints().last_link()),
            tested ? to_text("; those that were tested: ", weights(record.checkpoints().best_link())) : ""));
        print(to_text("peak memory of tensors on ", settings_.runtime.device, ": ",
                      format_bytes(static_cast<double>(peak))));
        print(to_text("peak memory of the process: ",
                      format_bytes(static_cast<double>(peak_resident_bytes()))));
        print_exchange(steps);
        if (!flags_.json) return;
        auto json = nlohmann::ordered_json::parse(record.last_log_line());
        if (tested) json.update(nlohmann::ordered_json::parse(tested->to_json()));
        json["model"] = settings_.model->name;
        json["run"] = folder_->path().string();
        json["peak_memory_bytes"] = peak;
        json["peak_resident_bytes"] = peak_resident_bytes();
        for (const std::string& of_rank : costs)
            for (auto& cost : nlohmann::ordered_json::parse(of_rank)) json["exchange"].push_back(cost);
        std::puts(json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace).c_str());
    }

    // What is printed while training is in the run's files, too: a reader that leaves or a full disk does not
    // end the run. A dry run has nothing else to give.
    void print(const std::string& line) {
        if (!is_first_rank()) return;
        const bool written = std::fprintf(out_, "%s\n", line.c_str()) >= 0 && std::fflush(out_) == 0;
        if (written || flags_.dry_run) return;
        std::clearerr(out_);
        if (!std::exchange(told_of_output_, true) && out_ == stdout)
            warn(
                "[standard output] cannot be written; the run continues, its log lines are in metrics.jsonl");
    }

    const TrainFlags& flags_;
    NoBrokenPipe no_broken_pipe_;
    std::FILE* out_;
    bool told_of_output_ = false;
    TrainSettings settings_;
    std::optional<RunFolder> folder_;            // the one to continue, or that run() made
    std::optional<SavedCheckpoint> checkpoint_;  // to continue from
    TrainingState state_;                        // of that checkpoint
    Flag former_lr_;                             // where the run continues with another learning rate
    Flag former_length_;                         // where the schedule follows it, and it was another
    Workbench bench_;
    std::unique_ptr<Optimizer> optimizer_;
    std::unique_ptr<Schedule> schedule_;
};

}  // namespace

Run add_train_command(CLI::App& app) {
    const auto flags = std::make_shared<TrainFlags>();
    flags->add_to(app);
    return [flags] {
        TrainCommand command(*flags);
        command.describe();
        if (flags->plot_schedule)
            command.plot_schedule(*flags->plot_schedule);
        else
            flags->dry_run ? command.dry_run() : command.run();
    };
}

}  // namespace tern::apps
