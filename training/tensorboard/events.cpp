#include "tern/training/tensorboard/events.hpp"

#include "tern/core/files/protobuf.hpp"
#include "tern/training/tensorboard/crc32c.hpp"

namespace tern {
namespace {

// Numbers of fields, by the names that their messages give them.
namespace event {
constexpr int kWallTime = 1, kStep = 2, kFileVersion = 3, kSummary = 5, kSessionLog = 7;
}
namespace session_log {
constexpr int kStatus = 1, kStart = 1;
}
namespace summary {
constexpr int kValue = 1;
}
namespace value {
constexpr int kTag = 1, kSimpleValue = 2, kTensor = 8, kMetadata = 9;
}
namespace metadata {
constexpr int kPluginData = 1, kPluginName = 1, kDataClass = 4, kTensorData = 2;
}
namespace tensor {
constexpr int kDtype = 1, kString = 7, kShape = 2, kDim = 2, kSize = 1, kStringValue = 8;
}

ProtobufMessage begin_event(double time, std::int64_t step) {
    ProtobufMessage message;
    message.add_double(event::kWallTime, time);
    if (step != 0) message.add_integer(event::kStep, step);  // 0 is what a field has that is not there
    return message;
}

}  // namespace

std::string tf_record(std::string_view bytes) {
    const std::string length = little_endian(std::uint64_t{bytes.size()});
    std::string record = length + little_endian(masked_crc32c(length));
    record += bytes;
    return record + little_endian(masked_crc32c(bytes));
}

std::string version_event(double time) {
    return begin_event(time, 0).add_bytes(event::kFileVersion, "brain.Event:2").bytes();
}

std::string start_event(double time, std::int64_t step) {
    const auto log = ProtobufMessage().add_integer(session_log::kStatus, session_log::kStart);
    return begin_event(time, step).add(event::kSessionLog, log).bytes();
}

std::string scalars_event(double time, std::int64_t step, const std::vector<Scalar>& scalars) {
    ProtobufMessage all;
    for (const Scalar& scalar : scalars)
        all.add(summary::kValue, ProtobufMessage()
                                     .add_bytes(value::kTag, scalar.tag)
                                     .add_float(value::kSimpleValue, static_cast<float>(scalar.value)));
    return begin_event(time, step).add(event::kSummary, all).bytes();
}

std::string text_event(double time, std::int64_t step, const std::string& tag, std::string_view text) {
    const auto plugin = ProtobufMessage().add_bytes(metadata::kPluginName, "text");
    const auto about = ProtobufMessage()
                           .add(metadata::kPluginData, plugin)
                           .add_integer(metadata::kDataClass, metadata::kTensorData);
    const auto shape = ProtobufMessage().add(tensor::kDim, ProtobufMessage().add_integer(tensor::kSize, 1));
    const auto content = ProtobufMessage()
                             .add_integer(tensor::kDtype, tensor::kString)
                             .add(tensor::kShape, shape)
                             .add_bytes(tensor::kStringValue, text);
    const auto all = ProtobufMessage().add(summary::kValue, ProtobufMessage()
                                                                .add_bytes(value::kTag, tag)
                                                                .add(value::kTensor, content)
                                                                .add(value::kMetadata, about));
    return begin_event(time, step).add(event::kSummary, all).bytes();
}

}  // namespace tern
