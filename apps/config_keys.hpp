// The settings that a config file may have.
#pragma once

#include <array>
#include <cstdint>

#include "tern/apps/train_flags.hpp"

namespace tern::apps {

enum class Kind : std::uint8_t { text, on_off, integer, number, pair, boolean };

struct Key {
    const char* name;
    Kind kind;
    bool may_change;  // when a run continues
    Flag& (*flag)(TrainFlags&);
};

/// In the order in which two runs are compared: what makes other keys appear comes first.
inline constexpr std::array kKeys{
    Key{"model", Kind::text, false, [](TrainFlags& flags) -> Flag& { return flags.model; }},
    Key{"data", Kind::text, true, [](TrainFlags& flags) -> Flag& { return flags.data; }},
    Key{"epochs", Kind::integer, true, [](TrainFlags& flags) -> Flag& { return flags.epochs; }},
    Key{"steps", Kind::integer, true, [](TrainFlags& flags) -> Flag& { return flags.steps; }},
    Key{"batch_size", Kind::integer, false, [](TrainFlags& flags) -> Flag& { return flags.batch_size; }},
    Key{"seed", Kind::integer, false, [](TrainFlags& flags) -> Flag& { return flags.seed; }},
    Key{"shuffle", Kind::on_off, false, [](TrainFlags& flags) -> Flag& { return flags.shuffle; }},
    Key{"augment", Kind::text, false, [](TrainFlags& flags) -> Flag& { return flags.augment; }},
    Key{"normalize", Kind::text, false, [](TrainFlags& flags) -> Flag& { return flags.normalize; }},
    Key{"optimizer", Kind::text, false, [](TrainFlags& flags) -> Flag& { return flags.optimizer; }},
    Key{"lr", Kind::number, true, [](TrainFlags& flags) -> Flag& { return flags.lr; }},
    Key{"momentum", Kind::number, false, [](TrainFlags& flags) -> Flag& { return flags.momentum; }},
    Key{"betas", Kind::pair, false, [](TrainFlags& flags) -> Flag& { return flags.betas; }},
    Key{"epsilon", Kind::number, false, [](TrainFlags& flags) -> Flag& { return flags.epsilon; }},
    Key{"weight_decay", Kind::number, false, [](TrainFlags& flags) -> Flag& { return flags.weight_decay; }},
    Key{"schedule", Kind::text, false, [](TrainFlags& flags) -> Flag& { return flags.schedule; }},
    Key{"label_smoothing", Kind::number, false,
        [](TrainFlags& flags) -> Flag& { return flags.label_smoothing; }},
    Key{"running_statistics", Kind::text, false,
        [](TrainFlags& flags) -> Flag& { return flags.running_statistics; }},
    Key{"init", Kind::text, false, [](TrainFlags& flags) -> Flag& { return flags.init; }},
    Key{"save_every", Kind::integer, true, [](TrainFlags& flags) -> Flag& { return flags.save_every; }},
    Key{"keep", Kind::integer, true, [](TrainFlags& flags) -> Flag& { return flags.keep; }},
    Key{"device", Kind::text, true, [](TrainFlags& flags) -> Flag& { return flags.runtime.device; }},
    Key{"precision", Kind::text, false, [](TrainFlags& flags) -> Flag& { return flags.runtime.precision; }},
    Key{"kernels", Kind::text, true, [](TrainFlags& flags) -> Flag& { return flags.runtime.kernels; }},
    Key{"tuning", Kind::text, true, [](TrainFlags& flags) -> Flag& { return flags.runtime.tuning; }},
    Key{"threads", Kind::integer, true, [](TrainFlags& flags) -> Flag& { return flags.runtime.threads; }},
    Key{"log_steps", Kind::boolean, false, nullptr},
};

}  // namespace tern::apps
