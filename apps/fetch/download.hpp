// HTTP through libcurl.
#pragma once

#include "tern/apps/fetch/archive.hpp"
#include "tern/apps/fetch/part_file.hpp"

namespace tern::apps {

/// Completes `part`, which may hold the archive's first bytes, to the archive's size. Where the connection
/// breaks it continues with the rest, as long as each time brings something; a server that does not send parts
/// starts again. Throws Error, with what came kept in `part`, where the server cannot be reached or refuses,
/// where nothing comes for `patience` seconds, where the archive has another size, where the disk is full,
/// and at SIGINT or SIGTERM. Draws a moving line on a terminal.
void download(const Archive& archive, PartFile& part, long patience);

}  // namespace tern::apps
