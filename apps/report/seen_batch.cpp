#include "tern/apps/report/seen_batch.hpp"

#include <algorithm>
#include <cmath>

#include "tern/apps/console.hpp"
#include "tern/apps/data_flags.hpp"
#include "tern/data/augmentation.hpp"
#include "tern/data/batches.hpp"
#include "tern/data/hold_out.hpp"
#include "tern/training/batch_source.hpp"

namespace tern::apps::report {
namespace {

// Those of config.toml, on the CPU here whatever the run was on.
TrainSettings settings_of(const Run& run, const Flag& data) {
    ConfigValues values = run.config;
    for (const char* own : {"device", "precision", "kernels", "tuning", "threads"}) values.erase(own);
    if (data) values["data"] = *data;
    TrainFlags flags;
    flags.run = run.folder.string();
    flags.resume = true;  // what a preset set stands in the values
    flags.values["device"] = "cpu";
    return settings_with(flags, values, (run.folder / "config.toml").string());
}

// "cat", or of images that were mixed "cat 70 %, dog 30 %".
std::string caption_of(const Batch& batch, std::int64_t i, const std::vector<std::string>& classes) {
    if (!batch.probabilities) return classes[static_cast<std::size_t>(batch.target.data<std::int32_t>()[i])];
    const std::int64_t count = batch.probabilities.dim(1);
    const float* shares = batch.probabilities.data<float>() + i * count;
    std::string caption;
    for (std::int64_t k = 0; k < count; ++k) {
        if (shares[k] <= 0) continue;
        caption += to_text(caption.empty() ? "" : ", ", classes[static_cast<std::size_t>(k)]);
        if (shares[k] < 1) caption += formatted(" %.0f\u00a0%%", 100.0 * static_cast<double>(shares[k]));
    }
    return caption;
}

// Of bytes that were scaled by 1.
Tensor bytes_of(const Tensor& image) {
    const Tensor bytes = Tensor::empty(image.shape(), DType::uint8);
    std::ranges::transform(image.elements<float>(), bytes.data<std::uint8_t>(), [](float value) {
        return static_cast<std::uint8_t>(std::lround(std::clamp(value, 0.0F, 255.0F)));
    });
    return bytes;
}

void take_batch(SeenBatch& seen, const TrainSettings& settings, std::int64_t most) {
    const Dataset set = load_split(settings.data_choice(), Split::train);
    DatasetSourceOptions prepared{.augmentation = settings.augmentation,
                                  .early_epochs = settings.early_epochs,
                                  .early_size = settings.early_size};
    std::optional<HeldOut> held_out;
    if (settings.validation > 0)
        held_out = hold_out(set, {settings.validation, settings.stratify, settings.plan.seed});
    if (held_out) prepared.partners = held_out->train;
    const DatasetSource all(set, prepared);
    std::optional<SubsetSource> trained_on;
    if (held_out) trained_on.emplace(all, held_out->train);
    const BatchSource& source = trained_on ? static_cast<const BatchSource&>(*trained_on) : all;

    const Tensor order = epoch_order(source.size(), settings.plan.shuffle, settings.plan.seed, 0);
    const std::int64_t size = std::min(settings.plan.batch_size, source.size());
    seen.batch_size = size;
    const Batch batch = source.batch(order.slice(0, std::min(size, most)), 0);
    const Shape shape = batch.input.shape();
    for (std::int64_t i = 0; i < shape[0]; ++i)
        seen.images.push_back({bytes_of(batch.input.slice(i, i + 1).reshape({shape[1], shape[2], shape[3]})),
                               caption_of(batch, i, set.classes)});
}

}  // namespace

SeenBatch first_batch(const Run& run, const Flag& data, std::int64_t most) {
    SeenBatch seen;
    const std::string why_not = error_of([&] {
        const TrainSettings settings = settings_of(run, data);
        seen.augmentation = augmentation_text(settings.augmentation);
        take_batch(seen, settings, most);
    });
    if (why_not.empty()) return seen;
    seen = {};
    seen.why_not = why_not;
    return seen;
}

}  // namespace tern::apps::report
