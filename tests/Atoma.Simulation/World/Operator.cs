using Atoma.Protocol.Ledger;

namespace Atoma.Simulation.World;

/// <summary>The people behind the nodes: some appeal, whether they have reason to or not (P8.5).</summary>
internal sealed class Operator(SimWorld world)
{
    private const double Appeals = 0.3;

    public void Reads(SlashRow @case)
    {
        if (!world.Random.Chance(Appeals))
            return;
        world.Time.After(world.Random.Between(1_000, 1_200_000), () =>
        {
            try
            {
                world.Coordinator?.Appeal(@case.Id);
            }
            catch (StoreDownException)
            {
                // The operator is told to try again, and does not.
            }
        });
    }
}
