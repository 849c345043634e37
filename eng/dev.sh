#!/usr/bin/env bash
# The inner loop: eng/dev.sh build|quick|test|run|bench [arguments]
set -euo pipefail
cd "$(dirname "$0")/.."
command=${1:-help}
shift || true
case "$command" in
  build) dotnet build -c Release -p:Strict=true "$@" ;; # with all analyzers, as CI does
  quick) dotnet build -c Release "$@" ;;                # without them
  test) dotnet test "$@" ;;
  run) dotnet run -c Release --project src/Atoma.Api -- "$@" ;;
  bench) dotnet run -c Release --project bench/Atoma.Benchmarks -- "$@" ;;
  *) sed -n '2p' "$0" | cut -c3-; exit 2 ;;
esac
