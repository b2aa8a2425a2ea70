// Buffers and parameters under names with dots.
#pragma once

#include <map>
#include <string>

#include "tern/layers/module.hpp"

namespace tern {

/// Groups in groups, as the dots of names say.
class BufferGroup : public Module {
  public:
    std::string type() const override { return "BufferGroup"; }

    /// That of a name in this one, made where there is none; this one for "".
    BufferGroup& at(const std::string& path);
    /// The tensor, which must live as long, becomes the buffer or parameter of that name (no dots).
    void hold(const std::string& name, Tensor& tensor) { add_buffer(name, tensor); }
    void hold_parameter(const std::string& name, Tensor& tensor) { add_parameter(name, tensor); }

  private:
    std::map<std::string, BufferGroup*> groups_;
};

}  // namespace tern
