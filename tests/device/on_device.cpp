#include "tern/tests/device/on_device.hpp"

#include <algorithm>
#include <deque>

#include "tern/core/cuda/last_block.hpp"

namespace tern::test {
namespace {

using Bytes = std::vector<std::byte>;

// Device memory starts at multiples of 256 bytes, and so do these tensors.
constexpr std::int64_t kGuard = 256;
constexpr std::byte kPattern{0xA5};

DeviceRun current;

Bytes bytes_of(const Tensor& tensor) { return {tensor.raw_data(), tensor.raw_data() + tensor.bytes()}; }

// A copy on the device between guards.
class Copy {
  public:
    explicit Copy(const Tensor& host) {
        const Tensor image = Tensor::empty({host.bytes() + 2 * kGuard}, DType::uint8);
        std::fill_n(image.raw_data(), image.bytes(), kPattern);
        std::copy_n(host.raw_data(), host.bytes(), image.raw_data() + kGuard);
        whole_ = image.to(Device::cuda());
        tensor_ = Tensor::view_of(whole_.storage(), kGuard, host.shape(), host.dtype());
    }

    const Tensor& tensor() const { return tensor_; }

    /// The elements; throws Error if a guard was written.
    Bytes read() const {
        const Bytes all = bytes_of(whole_.to(Device::cpu()));
        const auto clean = [](std::byte value) { return value == kPattern; };
        TERN_CHECK(std::all_of(all.begin(), all.begin() + kGuard, clean) &&
                       std::all_of(all.end() - kGuard, all.end(), clean),
                   "device", "wrote outside ", tensor_);
        return {all.begin() + kGuard, all.end() - kGuard};
    }

  private:
    Tensor whole_, tensor_;
};

struct Copies {
    std::deque<Copy> owners;
    Tensors tensors;

    void add(const Tensor& host) {
        tensors.push_back(host.defined() ? owners.emplace_back(host).tensor() : Tensor());
    }
    std::vector<Bytes> read() const {
        std::vector<Bytes> result;
        for (const Copy& copy : owners) result.push_back(copy.read());
        return result;
    }
};

std::vector<Bytes> defined_bytes(std::span<const Tensor> tensors) {
    std::vector<Bytes> result;
    for (const Tensor& tensor : tensors) {
        if (tensor.defined()) result.push_back(bytes_of(tensor));
    }
    return result;
}

// One run; the bytes of the outputs.
std::vector<Bytes> run_once(const Problem& problem, bool on_inputs) {
    Copies inputs, outputs;
    for (const Tensor& input : problem.inputs) inputs.add(input);
    if (on_inputs)
        outputs.tensors.assign(inputs.tensors.begin(),
                               inputs.tensors.begin() + static_cast<std::ptrdiff_t>(problem.outputs.size()));
    else
        for (const Tensor& output : problem.outputs) outputs.add(output);
    const Stream stream = current_stream(Device::cuda());
    current.implementation->run({problem.pass, problem.params_ref, inputs.tensors, outputs.tensors}, stream);
    stream.synchronize();  // an error of the kernel belongs to this call
    if (on_inputs) {
        std::vector<Bytes> all = inputs.read();
        all.resize(problem.outputs.size());
        return all;
    }
    TERN_CHECK(inputs.read() == defined_bytes(problem.inputs), "device", "an input was written");
    return outputs.read();
}

}  // namespace

void set_device_run(const DeviceRun& run) { current = run; }

void run_on_device(const Problem& problem, const Stream&) {
    const std::vector<Bytes> first = run_once(problem, false);
    {
        const cuda::LastBlockScope last_block(!cuda::merges_in_last_block());
        TERN_CHECK(run_once(problem, false) == first, "device", "a second run gives other bits, where ",
                   cuda::merges_in_last_block() ? "last blocks merge" : "second kernels merge");
    }
    if (current.in_place) {
        TERN_CHECK(run_once(problem, true) == first, "device", "in place it gives other bits");
    }
    auto bytes = first.begin();
    for (const Tensor& output : problem.outputs) {
        if (!output.defined()) continue;
        std::copy(bytes->begin(), bytes->end(), output.raw_data());
        ++bytes;
    }
}

}  // namespace tern::test
