"""What tests are made of; nothing here is a test.

* `widgets`: `Time`, a clock that only sleeping moves on; `Script`, a provider that answers as told;
  `Sync` and `Async`, both drivers over it; a provider's package written by hand. For one job.
* `fleet`: `Fleet`, a provider with many `Job`s; `run`, an event loop on virtual time.
* `wire`: `Wire`, a server that sends exactly these bytes, drips, resets or stays silent. For the
  transport, on real sockets.
* `server`: `Server`, an HTTP server that gives each request its next `Answer`. For generated
  packages, on real sockets.
* `packages`: `Packages`, documents generated and imported.
* `foreign`: small documents as vendors write them. For the generator.
"""
