#include "tern/distributed/share.hpp"

#include <algorithm>

#include "tern/core/error.hpp"

namespace tern {
namespace {

// A text of `size` bytes, or more: the rest is zeros.
Tensor bytes_of(std::string_view text, std::int64_t size, Device device) {
    const Tensor bytes = Tensor::zeros({std::max<std::int64_t>(size, 1)}, DType::uint8);
    std::ranges::copy(text, reinterpret_cast<char*>(bytes.data<std::uint8_t>()));
    return bytes.to(device);
}

std::string text_of(const Tensor& bytes, std::int64_t size) {
    const Tensor host = bytes.to(Device::cpu());
    return {reinterpret_cast<const char*>(host.data<std::uint8_t>()), static_cast<std::size_t>(size)};
}

}  // namespace

void meet(Communicator& communicator, std::string_view what) {
    if (!communicator.device().is_cpu()) communicator.barrier(what)->wait();
}

std::string share_text(Communicator& communicator, std::string_view text, std::string_view what) {
    const Device device = communicator.device();
    const Tensor size = Tensor::from({1}, {std::ssize(text)}).to(device);
    communicator.broadcast(size, 0, what)->wait();
    meet(communicator, what);
    const std::int64_t count = *size.to(Device::cpu()).data<std::int64_t>();
    const Tensor bytes = bytes_of(communicator.rank() == 0 ? text : std::string_view(), count, device);
    communicator.broadcast(bytes, 0, what)->wait();
    meet(communicator, what);
    return text_of(bytes, count);
}

std::vector<std::string> gather_texts(Communicator& communicator, std::string_view text,
                                      std::string_view what) {
    const Device device = communicator.device();
    const std::int64_t ranks = communicator.size();
    const Tensor size = Tensor::from({1}, {std::ssize(text)}).to(device);
    const Tensor gathered_sizes = Tensor::zeros({ranks, 1}, DType::int64, device);
    communicator.all_gather(size, gathered_sizes, what)->wait();
    meet(communicator, what);
    const Tensor sizes = gathered_sizes.to(Device::cpu());
    const Tensor bytes = bytes_of(text, std::ranges::max(sizes.elements<std::int64_t>()), device);
    const Tensor all = Tensor::zeros({ranks, bytes.numel()}, DType::uint8, device);
    communicator.all_gather(bytes, all, what)->wait();
    meet(communicator, what);
    std::vector<std::string> texts;
    for (std::int64_t rank = 0; rank < ranks; ++rank)
        texts.push_back(text_of(all.slice(rank, rank + 1), sizes.data<std::int64_t>()[rank]));
    return texts;
}

void gather_rows(Communicator& communicator, const Tensor& rows, std::int64_t begin, std::int64_t end,
                 std::string_view what) {
    if (communicator.size() == 1) return;
    const Tensor own = rows.slice(begin, end).clone();
    communicator
        .all_gather(own.reshape({own.numel()}), rows.reshape({communicator.size(), own.numel()}), what)
        ->wait();
}

void share_tensors(Communicator& communicator, const NamedTensors& tensors, std::string_view what) {
    for (const auto& [name, tensor] : tensors) communicator.broadcast(tensor.detach(), 0, what)->wait();
}

}  // namespace tern
