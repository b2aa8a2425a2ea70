#include <algorithm>

#include "tern/apps/ranks.hpp"
#include "tern/apps/settings/rows.hpp"
#include "tern/training/loader.hpp"

namespace tern::apps {
namespace {

using Settings = TrainSettings;

bool has_replicas(const Settings& settings) { return settings.plan.replicas > 1; }

bool exchanges_largest(const Settings& settings) {
    return has_replicas(settings) && settings.exchange_options.type == ExchangeType::top_k;
}

const Names kExchangeTypes{"float32", "bfloat16", "int8", "top-k"};

void set_exchange_type(Settings& settings, const std::string& name) {
    const auto at = std::ranges::find(kExchangeTypes, name) - kExchangeTypes.begin();
    settings.exchange_options.type = static_cast<ExchangeType>(at);
}

void set_exchange(Settings& settings, const std::string& name) {
    settings.exchange_options.overlap = name == "overlap";
}

bool trains_apart(const Settings& settings) { return settings.plan.local.steps > 0; }

Setting of_local_steps(Setting setting) {
    return only_where(trains_apart, "needs --local-steps, how many there are between two averages",
                      std::move(setting));
}

bool has_teacher(const Settings& settings) { return settings.teacher.has_value(); }

Setting of_teacher(Setting setting) {
    return only_where(has_teacher, "needs --teacher, a weight file", std::move(setting));
}

}  // namespace

std::vector<Setting> run_settings() {
    return {
        row(
            SettingKind::text, "init", "FILE", "safetensors file to start from", {},
            [](Settings& s, const std::string& text) { s.init = text; },
            [](const Settings& s) { return absolute(s.init); }),
        changeable(row(
            SettingKind::text, "teacher", "FILE",
            "weight file of a trained model, whose answers are learned, too", {},
            [](Settings& s, const std::string& text) { s.teacher = text; },
            [](const Settings& s) { return absolute(s.teacher); })),
        of_teacher(number(
            "teacher_weight", "of the teacher in the loss, above 0 and at most 1 (default 0.9)",
            {.low = 0, .low_included = false, .most = 1},
            [](auto& s) -> auto& { return s.distillation.weight; })),
        of_teacher(number(
            "temperature", "that softens the teacher's and the model's answers (default 4)",
            {.low = 0, .low_included = false}, [](auto& s) -> auto& { return s.distillation.temperature; })),
        changeable(where([](const Settings& s) { return s.plan.save_every > 0; },
                         integer(
                             "save_every", "steps after which to save too (default: only after an epoch)", 1,
                             {}, [](auto& s) -> auto& { return s.plan.save_every; }))),
        changeable(integer(
            "keep", "how many checkpoints stay beside the best (default 2)", 1, always("2"),
            [](auto& s) -> auto& { return s.keep; })),
        // Of several ranks each has a GPU of its own.
        changeable(runtime("device",
                           [](const Runtime& r) -> Flag {
                               return ranks().size() > 1 && r.device.is_cuda() ? "cuda" : r.device.str();
                           })),
        runtime("precision", [](const Runtime& r) -> Flag { return std::string(name_of(r.precision)); }),
        changeable(runtime("kernels", [](const Runtime& r) -> Flag { return r.kernels.str(); })),
        changeable(
            where([](const Settings& s) { return s.plan.graph; },
                  row(
                      SettingKind::on_off, "graph", "on|off",
                      "on|off: start each step on a GPU as one CUDA graph (default off)", always("off"),
                      [](Settings& s, const std::string& text) {
                          s.plan.graph = parse_choice("--graph", text, {"on", "off"}) == "on";
                      },
                      [](const Settings& s) { return s.plan.graph ? "on" : "off"; }))),
        changeable(runtime("tuning", [](const Runtime& r) { return absolute(r.tuning); })),
        changeable(runtime("threads", [](const Runtime& r) -> Flag { return std::to_string(r.threads); })),
        changeable(row(
            SettingKind::integer, "workers", "N",
            "threads that make batches ahead of the steps (default 0: none)", always("0"),
            [](Settings& s, const std::string& text) {
                s.workers = parse_integer("--workers", text, 0, Loader::kMostWorkers);
            },
            [](const Settings& s) { return std::to_string(s.workers); })),
        boolean(
            "log_steps", "write every step's loss to steps.jsonl",
            [](auto& s) -> auto& { return s.log_steps; }),
        changeable(boolean(
            "tensorboard", "write event files for TensorBoard",
            [](auto& s) -> auto& { return s.tensorboard; })),
        integer(
            "replicas", "parts of each batch, trained on apart (default: the number of ranks)", 1,
            [] { return std::to_string(ranks().size()); }, [](auto& s) -> auto& { return s.plan.replicas; }),
        where(trains_apart,
              integer(
                  "local_steps", "steps that each replica takes by itself before all are averaged", 1, {},
                  [](auto& s) -> auto& { return s.plan.local.steps; })),
        of_local_steps(number(
            "outer_lr", "learning rate of the averages' changes (default 1)",
            {.low = 0, .low_included = false}, [](auto& s) -> auto& { return s.plan.local.outer_rate; })),
        of_local_steps(number(
            "outer_momentum", "of the averages' changes, below 1 (default 0)", {.below = 1},
            [](auto& s) -> auto& { return s.plan.local.outer_momentum; })),
        where(has_replicas, boolean(
                                "sync_batch_norm", "let batch norms have the statistics of all replicas",
                                [](auto& s) -> auto& { return s.plan.sync_batch_norm; })),
        changeable(where(
            has_replicas,
            and_then(choice(
                         "exchange", {"overlap", "whole"}, ": of gradients between ranks (default overlap)",
                         always("overlap"), [](auto& s) -> auto& { return s.exchange; }),
                     set_exchange))),
        where(has_replicas,
              row(
                  SettingKind::text, "exchange_type", "NAME",
                  join_choices(kExchangeTypes) + ": what is sent (default float32)", always("float32"),
                  [](Settings& s, const std::string& text) {
                      set_exchange_type(s, parse_choice("--exchange-type", text, kExchangeTypes));
                  },
                  [](const Settings& s) {
                      return std::string(kExchangeTypes[static_cast<std::size_t>(s.exchange_options.type)]);
                  })),
        only_where(exchanges_largest, "needs --exchange-type top-k",
                   number(
                       "exchange_share", "of all numbers, the largest, that are sent (default 0.01)",
                       {.low = 0, .low_included = false, .most = 1},
                       [](auto& s) -> auto& { return s.exchange_options.share; })),
        changeable(
            where(has_replicas,
                  integer(
                      "bucket_size", "bytes of gradients that are sent at once (default 131072)", 1,
                      always("131072"), [](auto& s) -> auto& { return s.exchange_options.bucket_bytes; }))),
        changeable(
            where(has_replicas, number(
                                    "timeout", "seconds to wait for other ranks (default 60)", kTimeouts,
                                    [](auto& s) -> auto& { return s.timeout; }, always("60")))),
    };
}

}  // namespace tern::apps
