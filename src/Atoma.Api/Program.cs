using Atoma.Api.Hosting;

return await ApiCommand.Create().Parse(args).InvokeAsync();
