"""Drives the kernel with jupyter_client's AsyncKernelManager and AsyncKernelClient, several requests at a time.

Prints a line of JSON: what each came to.
"""
import asyncio
import json

from jupyter_client.manager import AsyncKernelManager

LONGEST_SECONDS = 60


async def run(client, code, **options):
    shown = []
    reply = await client.execute_interactive(
        code, timeout=LONGEST_SECONDS, output_hook=lambda message: shown.append(message["content"]), **options
    )
    return {"reply": reply["content"], "shown": json.dumps(shown)}


async def main():
    manager = AsyncKernelManager(kernel_name="replique")
    await manager.start_kernel()
    client = manager.client()
    client.start_channels()
    await client.wait_for_ready(timeout=LONGEST_SECONDS)
    said = {"prompt": await run(client, "What is six times seven?", stop_on_error=False)}

    def answer(message):
        client.input("Ada of " + message["content"]["prompt"])

    said["asked"] = await run(client, '%%python\nprint(input("name? "))', allow_stdin=True, stdin_hook=answer)
    said["expressions"] = await run(
        client, "%%python\nx = 6", user_expressions={"good": "x * 7", "bad": "missing"}, stop_on_error=False
    )

    async def ask(send, *arguments):
        reply = await getattr(client, send)(*arguments, reply=True, timeout=LONGEST_SECONDS)
        return reply["content"]

    said["completed"] = await ask("complete", "%%python\nzi", 11)
    said["inspected"] = await ask("inspect", "%%python\nzip", 12)
    said["complete"] = await ask("is_complete", "%%python\nfor x in y:")
    said["history"] = await ask("history")
    said["comms"] = await ask("comm_info")

    # A cell that runs on, and requests beside it, all at once.
    running = asyncio.ensure_future(run(client, "%%python\nprint('begun', flush=True)\nimport time; time.sleep(600)"))
    while not running.done():
        await asyncio.sleep(0.2)
        await manager.interrupt_kernel()
    said["interrupted"] = running.result()
    await manager.restart_kernel(now=False)
    await client.wait_for_ready(timeout=LONGEST_SECONDS)
    said["restarted"] = await run(client, "%%python\nprint('x' in globals())")
    client.stop_channels()
    await manager.shutdown_kernel()
    said["alive"] = await manager.is_alive()
    print(json.dumps(said))


asyncio.run(main())
