// What a run of training works with.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tern/apps/train_flags.hpp"
#include "tern/data/hold_out.hpp"
#include "tern/data/normalization.hpp"
#include "tern/layers/module.hpp"
#include "tern/layers/prune/widths.hpp"
#include "tern/training/teacher.hpp"

namespace tern::apps {

struct Workbench {
    Dataset train_set, test_set;      // no test set for a run of steps
    std::optional<HeldOut> held_out;  // of the train set, where samples are held out
    Normalization normalization;
    std::unique_ptr<Module> model;
    Widths widths;  // of a model that was pruned
    std::unique_ptr<Teacher> teacher;
    std::string teacher_checksum;    // of its weights; "" without one
    std::vector<std::string> notes;  // about the weights to start from

    std::int64_t train_samples() const { return held_out ? held_out->train.numel() : train_set.size(); }
};

/// Reads and checks all of it. The weights are those of the file `checkpoint`, else of --init, else drawn from the
/// seed. Throws Error that names the file.
Workbench make_workbench(const TrainSettings& settings,
                         const std::optional<std::filesystem::path>& checkpoint);

}  // namespace tern::apps
