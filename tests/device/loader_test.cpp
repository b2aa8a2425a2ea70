// Batches that come to the device one by one.
#include "tern/training/loader.hpp"

#include "tern/data/batches.hpp"
#include "tern/data/synthetic.hpp"
#include "tern/kernels/cases/cases.hpp"
#include "tern/tests/catch.hpp"
#include "tern/tests/data/memory_reader.hpp"

using namespace tern;

namespace {

std::vector<double> values(const Tensor& tensor) { return cases::to_doubles(tensor.to(Device::cpu())); }

}  // namespace

TEST_CASE("streamed and loaded batches are those of a set in the device's memory") {
    const Dataset set = make_synthetic({.seed = 3, .train_samples = 300}, Split::train);
    DatasetSourceOptions options{.normalization = fixed_normalization("unit", 3), .device = Device::cuda()};
    options.augmentation = {.crop_padding = 4, .flip = true, .seed = 5, .rotate = 15, .mixup = 0.4};
    const DatasetSource held(set, options), read(test::read_from(set), options);
    options.streamed = true;
    const DatasetSource streamed(set, options);
    for (const DatasetSource* source : {&held, &read, &streamed}) {
        Loader loader(*source, 3);
        for (const std::uint32_t epoch : {0u, 1u}) {
            const Batches batches(epoch_order(set.size(), true, 1, epoch, Device::cpu()), 32);
            std::vector<Loader::Request> plan;
            for (std::int64_t i = 0; i < batches.count(); ++i) plan.push_back({batches[i], epoch});
            loader.start(plan);
            for (const Loader::Request& request : plan) {
                const Batch got = loader.batch(request.samples, epoch),
                            expected = held.batch(request.samples.to(Device::cuda()), epoch);
                CHECK(values(got.input) == values(expected.input));
                CHECK(values(got.target) == values(expected.target));
                CHECK(values(got.probabilities) == values(expected.probabilities));
            }
        }
    }
}
