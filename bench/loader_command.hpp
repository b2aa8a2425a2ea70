#pragma once

namespace tern::bench {

/// Whether the command line asks for --loader, which takes flags of its own.
bool asks_for_loader(int argc, char** argv);

/// tern-bench --loader FOLDER ...; throws apps::UsageError for a wrong flag.
void run_loader(int argc, char** argv);

}  // namespace tern::bench
