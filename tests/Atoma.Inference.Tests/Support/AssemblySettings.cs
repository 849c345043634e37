// Every engine has a busy thread of its own: side by side they would fight for the two cores of a build machine.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
